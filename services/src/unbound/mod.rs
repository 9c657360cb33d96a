//! Unbound: resolves names, and validates what it is told.

mod config;

use distill::execline;
use distill::package::Package;
use distill::system::{Directory, File, Owner, Service, User};

use crate::check::Checked;
use config::{ANCHOR, CONTROL, USER};

pub use config::{AccessControl, UnboundConfig, Zone};

const CONFIG: &str = "/etc/unbound/unbound.conf";
const RUN: &str = "/run/unbound";
const ROOT: &str = include_str!("root.anchor");

/// Unbound, as a resolver that asks the root servers (which it knows) and those below them, and
/// validates every answer from the root's keys on. It is ready when it answers `unbound-control`.
///
/// The keys are in the image: both that the root is signed with, or will be, when this was written.
/// Nothing is kept on `/var`, and it needs none. The clock has to be right to a few days, or no
/// signature is valid: put `chronyd` beside it. unbound itself reads the configuration before it gets
/// into the image.
///
/// ```
/// use distill::system::System;
/// use distill_services::unbound::{UnboundConfig, unbound};
///
/// let config = UnboundConfig::new().serve("192.0.2.1", "192.0.2.0/24");
/// let system = System::new().service(unbound(config));
/// # let _ = system;
/// ```
#[track_caller]
pub fn unbound(config: UnboundConfig) -> Service {
    let service = Service::longrun(
        "unbound",
        execline! {
            fdmove -c 2 1
            setpriv --nnp
            unbound -d -p -c #{CONFIG}
        },
    )
    .package(distill_packages::unbound)
    .package(checked(&config))
    .after_if_present("net.lo")
    .user(User::system(USER))
    .file(File::new(ANCHOR, ROOT))
    .directory(
        Directory::new(RUN)
            .mode(0o750)
            .owner(Owner::new(USER, USER)),
    )
    .writes(CONTROL)
    .ready_when(execline! {
        redirfd -w 1 /dev/null
        unbound-control -c #{CONFIG} status
    });
    let ports = ["tcp", "udp"].map(|protocol| config.listens(protocol));
    let ports = ports.into_iter().flatten();
    service.ports(ports).problems(config.problems())
}

/// The configuration, if unbound takes it. There is no such user where it is asked.
#[track_caller]
fn checked(config: &UnboundConfig) -> Package {
    const TRIAL: &str = "/tmp/unbound.conf";
    let check = execline! {
        if { redirfd -w 1 #{TRIAL} sed "s/^ *username:.*/    username: \"\"/" #{CONFIG} }
        unbound-checkconf #{TRIAL}
    };
    Checked {
        name: USER.to_owned(),
        file: (CONFIG.to_owned(), config.to_string()),
        trial: vec![(ANCHOR.to_owned(), ROOT.to_owned())],
        program: distill_packages::unbound.into(),
        check,
    }
    .package()
}
