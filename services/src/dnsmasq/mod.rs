//! dnsmasq: DNS and DHCP for a small network.

mod config;
mod dhcp;

use distill::system::{Directory, Owner, Service, User};
use distill::{execline, kconfig};

use crate::check::Checked;
use config::{PID, STATE};

pub use config::{DnsmasqConfig, Forward};
pub use dhcp::{DhcpHost, DhcpRange};

const CONFIG: &str = "/etc/dnsmasq.conf";

/// dnsmasq: forwards DNS, knows the names of a small network, and gives its hosts addresses.
///
/// The configuration is read by dnsmasq itself when the image is built. It runs as the user `dnsmasq`;
/// leases are kept on `/var`. It is ready when it listens on the interfaces that are there, and listens
/// on others when they come. It does not validate (DNSSEC): where that counts, have it ask
/// [`unbound`](crate::unbound()). If there is a `packet-filter`, that comes first.
///
/// ```
/// use std::time::Duration;
/// use distill::system::System;
/// use distill_services::dnsmasq::{DhcpRange, DnsmasqConfig};
/// use distill_services::{dnsmasq, var_mount};
///
/// let config = DnsmasqConfig::on(["eth1"])
///     .dhcp_range(DhcpRange::v4([10, 0, 0, 100], [10, 0, 0, 199], Duration::from_secs(3600)));
/// let system = System::new().services([var_mount(), dnsmasq(config)]);
/// # assert!(system.services[1].problems.is_empty());
/// ```
#[track_caller]
pub fn dnsmasq(config: DnsmasqConfig) -> Service {
    let checked = Checked {
        name: "dnsmasq".to_owned(),
        file: (CONFIG.to_owned(), config.to_string()),
        trial: Vec::new(),
        program: distill_packages::dnsmasq.into(),
        check: execline! { "/usr/sbin/dnsmasq" --test #{format!("--conf-file={CONFIG}")} },
    };
    let run = execline! {
        fdmove -c 2 1
        if { rm -f #{PID} }
        setpriv --nnp
        "/usr/sbin/dnsmasq" -k #{format!("--conf-file={CONFIG}")}
    };
    let owner = Owner::new("dnsmasq", "dnsmasq");
    let service = Service::longrun("dnsmasq", run)
        .package(distill_packages::dnsmasq)
        .package(checked.package())
        .after("var-mount")
        .after_if_present("packet-filter")
        .user(User::system("dnsmasq"))
        .directory(Directory::new("/run/dnsmasq"))
        .directory(Directory::new(STATE).mode(0o750).owner(owner))
        .kernel(kconfig! { "dnsmasq": PACKET=y INOTIFY_USER=y IPV6=y })
        .ready_when(execline! { test -s #{PID} });
    service.ports(config.listens()).problems(config.problems())
}
