//! Network namespaces that are used again.
//!
//! To make one takes about as long as all the rest of a sandbox. One of which every counter stands
//! where it stood before the program began is as good as new: none of its addresses and ports was used,
//! and a program has no power to configure it. So it is kept for a later sandbox, with the user
//! namespace that owns it, in which that one's own user namespace is then made. Only one sandbox at a
//! time is in it.

use std::ffi::{CStr, c_int};
use std::fs::File;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Mutex, PoisonError};

use super::job::Caller;
use super::sys;

/// A network namespace that looks as new, and the user namespace that owns it.
#[derive(Debug)]
pub(super) struct Network {
    user: File,
    net: File,
    /// Who made them, since the ids that a user namespace maps are fixed.
    maker: Caller,
    /// Its [`counters`] when it was new; known once a sandbox has ended in it.
    counters: Option<u64>,
}

/// Those that no sandbox is in: at most as many as sandboxes ever ran side by side.
static IDLE: Mutex<Vec<Network>> = Mutex::new(Vec::new());

impl Network {
    /// One that this caller may use and nobody else does, if there is one.
    pub(super) fn take(caller: Caller) -> Option<Self> {
        let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
        let index = idle.iter().position(|network| network.maker == caller)?;
        Some(idle.swap_remove(index))
    }

    /// The namespaces of a live process.
    pub(super) fn of_process(pid: c_int, maker: Caller) -> Option<Self> {
        let open = |name| File::open(format!("/proc/{pid}/ns/{name}")).ok();
        Some(Self {
            user: open("user")?,
            net: open("net")?,
            maker,
            counters: None,
        })
    }

    /// Keep it for a later sandbox. No process may be in it, and its counters must be what they were when
    /// it was new.
    pub(super) fn keep(self, counters: u64) {
        let counters = Some(counters);
        IDLE.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Self { counters, ..self });
    }

    /// Its counters when it was new, if it was used before.
    pub(super) fn counters(&self) -> Option<u64> {
        self.counters
    }

    /// Descriptors of the namespaces, in the order in which they can be entered.
    pub(super) fn descriptors(&self) -> [RawFd; 2] {
        [self.user.as_raw_fd(), self.net.as_raw_fd()]
    }
}

/// All that a program can read of what happened in its network namespace before.
const COUNTERS: [&CStr; 4] = [
    c"/proc/self/net/dev",
    c"/proc/self/net/snmp",
    c"/proc/self/net/snmp6",
    c"/proc/self/net/netstat",
];

/// A number that changes with any of the counters of the network namespace that this process is in.
/// None where they cannot be read.
///
/// It is called by process 1, and allocates nothing. Files that a kernel does not have count as empty.
pub(super) fn counters() -> Option<u64> {
    let mut hash = FNV_BASIS;
    for path in COUNTERS {
        let read = sys::read_all(path, |piece| hash = fnv(hash, piece));
        if read.is_err_and(|errno| errno != libc::ENOENT) {
            return None;
        }
    }
    Some(hash)
}

/// FNV-1a with 64 bits (RFC 9923): nobody has a reason to make it collide, since a build whose
/// predecessor collides learns numbers of that one's packets, no more.
const FNV_BASIS: u64 = 0xcbf2_9ce4_8422_2325;

fn fnv(hash: u64, bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(hash, step)
}
