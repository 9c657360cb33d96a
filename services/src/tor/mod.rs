//! Tor: hides who talks to whom.

mod config;

use distill::execline;
use distill::package::Package;
use distill::system::{Directory, Owner, Service, User};

use crate::check::Checked;
use config::{CONTROL, STATE, USER};

pub use config::{ExitPolicy, OnionService, Relay, TorConfig};

const CONFIG: &str = "/etc/tor/torrc";
const RUN: &str = "/run/tor";

/// Tor, as a client, a relay or in front of onion services. It is ready when it listens; the way into
/// the network, which it looks for from then on, takes longer, and needs a clock that is right.
///
/// tor itself reads the configuration before it gets into the image. The keys of a relay and of onion
/// services are made on the first start, and kept on `/var` (`/var/lib/tor`). Root, and who is in the group
/// `tor`, can give it orders at `/run/tor/control`.
///
/// ```
/// use distill::system::System;
/// use distill_services::tor::{OnionService, TorConfig, tor};
/// use distill_services::var_mount;
///
/// let config = TorConfig::new().onion_service(OnionService::new("web").port(80, "127.0.0.1:8080"));
/// let system = System::new().service(var_mount()).service(tor(config));
/// # let _ = system;
/// ```
#[track_caller]
pub fn tor(config: TorConfig) -> Service {
    let service = Service::longrun(
        "tor",
        execline! {
            fdmove -c 2 1
            setpriv --nnp
            tor --defaults-torrc /dev/null -f #{CONFIG}
        },
    )
    .package(distill_packages::tor)
    .package(checked(&config))
    .after("var-mount")
    .after_if_present("net.lo")
    .user(User::system(USER).home(STATE))
    .directory(private(STATE, 0o700))
    // It makes directories for onion services here, but not this one.
    .directory(private(&format!("{STATE}/onion"), 0o700))
    .directory(private(RUN, 0o750))
    .writes(CONTROL)
    .ready_when(execline! {
        s6-ipcclient #{CONTROL}
        true
    });
    service.ports(config.ports()).problems(config.problems())
}

/// The configuration, if tor takes it. There is no such user where it is asked.
#[track_caller]
fn checked(config: &TorConfig) -> Package {
    const TRIAL: &str = "/tmp/torrc";
    let check = execline! {
        if { redirfd -w 1 #{TRIAL} sed "/^User /d; s|/var/lib/tor|/tmp/tor|; s|/run/tor/|/tmp/tor/|" #{CONFIG} }
        if { mkdir -p -m 700 "/tmp/tor" }
        tor --verify-config --defaults-torrc /dev/null -f #{TRIAL}
    };
    Checked {
        name: USER.to_owned(),
        file: (CONFIG.to_owned(), config.to_string()),
        trial: Vec::new(),
        program: distill_packages::tor.into(),
        check,
    }
    .package()
}

#[track_caller]
fn private(path: &str, mode: u32) -> Directory {
    Directory::new(path)
        .mode(mode)
        .owner(Owner::new(USER, USER))
}
