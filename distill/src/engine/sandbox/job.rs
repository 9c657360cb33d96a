//! What the first two processes of a sandbox are to do.

use std::ffi::CString;
use std::os::fd::RawFd;

use nix::unistd::{getegid, geteuid, getpid};

use super::step::Step;

/// Who makes a sandbox: ids as the caller sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) pid: i32,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl Caller {
    /// This process, as it is now.
    pub(super) fn current() -> Self {
        Self {
            pid: getpid().as_raw(),
            uid: geteuid().as_raw(),
            gid: getegid().as_raw(),
        }
    }
}

/// What the two processes are to do. Everything is prepared: they only read it.
#[derive(Debug)]
pub(super) struct Job {
    /// Who makes the sandbox.
    pub(super) caller: Caller,
    /// Done first by process 1 where the network namespace is new.
    pub(super) new_network: Vec<Step>,
    /// Done first by process 1 where it is not.
    pub(super) old_network: Vec<Step>,
    /// Done by process 1, in order.
    pub(super) setup: Vec<Step>,
    /// Done by the program's process, in order, before it executes the program.
    pub(super) launch: Vec<Step>,
    /// The program. Without one, the sandbox ends after the setup.
    pub(super) exec: Option<Exec>,
    /// What becomes descriptors 0, 1 and 2.
    pub(super) streams: [RawFd; 3],
    /// The filter of system calls, in the kernel's form.
    pub(super) filter: &'static [libc::sock_filter],
}

/// Program, arguments (of which the first is its name) and environment.
#[derive(Debug)]
pub(super) struct Exec {
    pub(super) program: CString,
    pub(super) args: Vec<CString>,
    pub(super) env: Vec<CString>,
}

impl Job {
    /// All steps, in the order in which a report counts them.
    pub(super) fn steps(&self) -> impl Iterator<Item = &Step> {
        let first = self.new_network.iter().chain(&self.old_network);
        first.chain(&self.setup).chain(&self.launch)
    }

    /// Where in that count the steps for an old network, of the setup and of the launch begin, and
    /// the number of the execution itself.
    pub(super) fn counts(&self) -> [usize; 4] {
        let old = self.new_network.len();
        let setup = old + self.old_network.len();
        let launch = setup + self.setup.len();
        [old, setup, launch, launch + self.launch.len()]
    }
}
