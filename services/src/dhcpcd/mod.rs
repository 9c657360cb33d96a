//! dhcpcd: addresses by DHCP, DHCPv6 and router advertisements, for all interfaces.

mod config;
mod interface;
mod reason;

use distill::system::{Directory, File, Service, User};
use distill::{execline, kconfig};

use crate::net::resolv;
use config::HOOK;

pub use config::{DhcpcdConfig, Duid, Slaac};
pub use interface::{Fallback, Interface};
pub use reason::Reason;

pub use crate::net::Family;

const CONFIG: &str = "/etc/dhcpcd.conf";
/// What the processes that speak with the network see of the file system.
const EMPTY: &str = "/usr/share/dhcpcd/empty";
const READY: &str = "/run/dhcpcd/ready";

/// dhcpcd for the interfaces of `config`: addresses, routes, and name servers into
/// `/run/resolv.conf`. The service is called `net.dhcpcd`.
///
/// It is ready when an interface has a lease ([`DhcpcdConfig::waitip`] says of which kind), or after
/// [`DhcpcdConfig::boot_timeout`], so that a machine without a cable still boots. What speaks with
/// the network runs as the user `dhcpcd`, below an empty directory, with few system calls allowed. If
/// there is a `packet-filter`, it comes first.
///
/// ```
/// use distill::system::System;
/// use distill_services::dhcpcd::DhcpcdConfig;
/// use distill_services::{net_dhcpcd, var_mount};
///
/// let config = DhcpcdConfig::on(["eth0"]);
/// let system = System::new().services([var_mount(), net_dhcpcd(config)]);
/// # let _ = system;
/// ```
#[track_caller]
pub fn net_dhcpcd(config: DhcpcdConfig) -> Service {
    let limit = config.boot_timeout.as_secs().to_string();
    let run = execline! {
        fdmove -c 2 1
        if { rm -f #{READY} }
        background -d {
            if { sleep #{limit} }
            redirfd -w 1 #{READY} true
        }
        "/usr/sbin/dhcpcd" -B -f #{CONFIG}
    };
    let service = Service::longrun("net.dhcpcd", run)
        .package(distill_packages::dhcpcd)
        .package(resolv::resolv)
        .after("var-mount")
        .after_if_present("packet-filter")
        .user(User::system("dhcpcd").home(EMPTY))
        .file(File::dir(EMPTY))
        .file(File::new(CONFIG, config.to_string()))
        .file(File::new(HOOK, include_str!("dhcpcd.sh")).mode(0o755))
        .directory(Directory::new("/run/dhcpcd"))
        .directory(Directory::new("/var/lib/dhcpcd").mode(0o700))
        .writes(resolv::PARTS)
        .writes("/run/resolv.conf")
        .listens("udp/68")
        .listens("udp/546")
        .kernel(kconfig! { "dhcpcd": PACKET=y SECCOMP_FILTER=y IPV6=y })
        .ready_when(execline! { test -e #{READY} });
    let service = config.hook_files().into_iter().fold(service, Service::file);
    service.problems(config.problems())
}
