//! chrony: sets the clock, keeps it, and tells others the time.

mod config;

use distill::execline;
use distill::kconfig;
use distill::package::Package;
use distill::system::{Directory, File, Owner, Service, User};

use crate::check::Checked;
use config::{RUN, STATE};

pub use config::{ChronyConfig, Source};

const CONFIG: &str = "/etc/chrony/chrony.conf";
const USER: &str = "chrony";
const BURST: &str = "/usr/libexec/distill/chrony-burst";

/// chrony's daemon. It needs no network to start: it is ready when it answers `chronyc`, with or
/// without a server in reach, and asks at once when a network comes up. How good the clock is tells
/// `chronyc tracking`; `chronyc waitsync` waits for it.
///
/// chronyd itself reads the configuration before it gets into the image. It keeps two of root's rights (to set
/// the clock, and to bind to port 123), and few system calls. What it knows about the clock's drift lies on
/// `/var`.
///
/// ```
/// use distill::system::System;
/// use distill_services::chronyd::{ChronyConfig, Source, chronyd};
/// use distill_services::var_mount;
///
/// let config = ChronyConfig::new().pool("pool.ntp.org").server(Source::new("192.0.2.1").prefer());
/// let system = System::new().service(var_mount()).service(chronyd(config));
/// # let _ = system;
/// ```
#[track_caller]
pub fn chronyd(config: ChronyConfig) -> Service {
    let service = Service::longrun(
        "chronyd",
        execline! {
            fdmove -c 2 1
            getpid -E pid
            background -d { #{BURST} $pid }
            setpriv --nnp
            chronyd -d -u #{USER} -F 1 -f #{CONFIG}
        },
    )
    .package(distill_packages::chrony)
    .package(checked(&config))
    .kernel(kconfig! { "chronyd": SECCOMP_FILTER=y })
    .after("var-mount")
    .after_if_present("net.lo")
    .user(User::system(USER))
    .file(File::new(BURST, include_str!("burst.sh")).mode(0o755))
    .directory(private(STATE))
    .directory(private(RUN))
    .ready_when(execline! {
        redirfd -w 1 /dev/null
        chronyc -n -h #{format!("{RUN}/chronyd.sock")} tracking
    });
    service.ports(config.ports()).problems(config.problems())
}

#[track_caller]
fn private(path: &str) -> Directory {
    Directory::new(path)
        .mode(0o750)
        .owner(Owner::new(USER, USER))
}

/// The configuration, if chronyd takes it.
#[track_caller]
fn checked(config: &ChronyConfig) -> Package {
    Checked {
        name: "chronyd".to_owned(),
        file: (CONFIG.to_owned(), config.to_string()),
        trial: Vec::new(),
        program: distill_packages::chrony.into(),
        check: execline! { chronyd -p -f #{CONFIG} },
    }
    .package()
}
