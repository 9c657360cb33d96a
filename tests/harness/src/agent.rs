//! The agent: a service that runs, as root, what a test sends.
//!
//! It listens on a serial port of virtio that exists only in machines of a [`Lab`](crate::Lab), and
//! waits for ever elsewhere. A system that has it is for tests alone.

use distill::system::{File, Service, System};
use distill::{execline, kconfig};

/// The service's name.
pub const NAME: &str = "test-agent";

/// The name of the serial port.
pub(crate) const PORT: &str = "distill.test";

/// The agent.
#[track_caller]
pub fn agent() -> Service {
    const PROGRAM: &str = "/usr/libexec/distill/test-agent";
    Service::longrun(NAME, execline! { #{PROGRAM} })
        .file(File::new(PROGRAM, include_str!("agent.sh")).mode(0o755))
        .directory(distill::system::Directory::new("/run/test-agent").mode(0o700))
        .kernel(kconfig! { "test-agent": VIRTIO_CONSOLE=y })
        .ready_when_started()
}

/// A system with the agent, which has no logger.
pub(crate) fn with_agent(system: &System) -> System {
    let loggers = system.loggers.clone().except(NAME);
    system.clone().service(agent()).loggers(loggers)
}
