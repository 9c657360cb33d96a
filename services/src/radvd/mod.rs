//! radvd: router advertisements.

mod config;

use std::panic::Location;

use distill::system::{Directory, Service, User};
use distill::{execline, kconfig};

use crate::check::Checked;

pub use config::{Preference, Prefix, RadvdConfig, RadvdInterface, RadvdRoute, Rdnss};

const CONFIG: &str = "/etc/radvd.conf";
const PID: &str = "/run/radvd/radvd.pid";

/// radvd: tells the hosts on some networks that this machine is an IPv6 router, and which prefixes
/// they have. All but the changing of kernel parameters is done by the user `radvd`.
///
/// The configuration is read by radvd itself when the image is built. It is ready when it listens. It
/// starts after the services that give its interfaces their addresses (`net.INTERFACE`), if there are
/// such. A router also has to pass packets on: set `net.ipv6.conf.all.forwarding`.
///
/// ```
/// use distill::system::System;
/// use distill_services::radvd;
/// use distill_services::radvd::{RadvdConfig, RadvdInterface};
///
/// let lan = RadvdInterface::new("eth1").prefix("2001:db8:1::/64".parse()?);
/// let system = System::new().service(radvd(RadvdConfig::new().interface(lan)));
/// # assert!(system.services[0].problems.is_empty());
/// # Ok::<(), distill_services::net::ParseCidrError>(())
/// ```
#[track_caller]
pub fn radvd(config: RadvdConfig) -> Service {
    let text = config.to_string();
    let checked = Checked {
        name: "radvd".to_owned(),
        file: (CONFIG.to_owned(), text),
        trial: Vec::new(),
        program: distill_packages::radvd.into(),
        check: execline! { "/usr/sbin/radvd" --configtest -n -C #{CONFIG} },
    };
    let run = execline! {
        fdmove -c 2 1
        if { rm -f #{PID} }
        setpriv --nnp
        "/usr/sbin/radvd" -n -C #{CONFIG} -m stderr -u radvd -p #{PID}
    };
    let service = Service::longrun("radvd", run)
        .package(distill_packages::radvd)
        .package(checked.package())
        .user(User::system("radvd"))
        .directory(Directory::new("/run/radvd"))
        .kernel(kconfig! { "radvd": IPV6=y })
        .ready_when(execline! { test -s #{PID} });
    let service = config
        .interfaces
        .iter()
        .fold(service, |service, interface| {
            service.after_if_present(format!("net.{}", interface.name))
        });
    service.problems(config.problems()).at(Location::caller())
}
