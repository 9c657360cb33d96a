//! The packet filter: which packets the machine takes, passes on and changes.

mod kernel;
mod problems;
mod rule;
mod ruleset;

use std::panic::Location;

use distill::execline;
use distill::system::{File, Service};

pub use rule::{Limit, Protocol, Rule, State, Target};
pub use ruleset::{Chain, Policy, Ruleset, Table};

pub use crate::net::Family;

/// Loads `ruleset` into the kernel at boot, before any service that brings up a network of this crate.
///
/// Each table is changed as a whole or not at all. If the kernel refuses one, the service has failed,
/// and the networks that come after it stay down. The rules stay until the machine is off.
///
/// ```
/// use distill::system::System;
/// use distill_services::packet_filter;
/// use distill_services::packet_filter::Ruleset;
///
/// let system = System::new().service(packet_filter(Ruleset::host().accept_tcp([22, 80, 443])));
/// # assert!(system.services[0].problems.is_empty());
/// ```
#[track_caller]
pub fn packet_filter(ruleset: Ruleset) -> Service {
    let [v4, v6] = [Family::V4, Family::V6].map(|family| {
        let path = format!("/etc/iptables/rules.v{family}");
        File::new(path, ruleset.restore(family))
    });
    let load = execline! {
        if { redirfd -r 0 #{&v4.path} iptables-restore -w }
        redirfd -r 0 #{&v6.path} ip6tables-restore -w
    };
    let service = Service::oneshot("packet-filter", load)
        .package(distill_packages::iptables)
        .file(v4)
        .file(v6)
        .writes("/run/xtables.lock");
    let service = ruleset.kernel().into_iter().fold(service, Service::kernel);
    // The files, too: nobody has written a line for them.
    service.problems(ruleset.problems()).at(Location::caller())
}
