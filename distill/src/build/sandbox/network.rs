//! Network namespaces that are used again.
//!
//! To make one takes about as long as all the rest of a sandbox. One in which no packet was ever sent
//! is as good as new: none of its addresses and ports was used, and a program has no power to
//! configure it. So it is kept for a later sandbox, with the user namespace that owns it, in which
//! that one's own user namespace is then made. Only one sandbox at a time is in it.

use std::ffi::c_int;
use std::fs::File;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Mutex, PoisonError};

use super::layout::Caller;

/// A network namespace without traffic, and the user namespace that owns it.
#[derive(Debug)]
pub(super) struct Network {
    user: File,
    net: File,
    /// Who made them, since the ids that a user namespace maps are fixed.
    maker: Caller,
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
        })
    }

    /// Keep it for a later sandbox. No process may be in it, and none have sent anything.
    pub(super) fn keep(self) {
        IDLE.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(self);
    }

    /// Descriptors of the namespaces, in the order in which they can be entered.
    pub(super) fn descriptors(&self) -> [RawFd; 2] {
        [self.user.as_raw_fd(), self.net.as_raw_fd()]
    }
}

/// Whether no interface has counted anything, by the text of `/proc/net/dev`: two lines of heading,
/// then "NAME: NUMBER …" for each interface.
pub(super) fn untouched(devices: &[u8]) -> bool {
    let mut interfaces = devices.split(|byte| *byte == b'\n').skip(2);
    interfaces.all(|line| {
        let numbers = line.iter().skip_while(|byte| **byte != b':').skip(1);
        line.is_empty()
            || numbers.clone().count() > 0 && numbers.into_iter().all(|byte| b" 0".contains(byte))
    })
}

#[cfg(test)]
mod tests {
    use super::untouched;

    const HEADING: &str = "Inter-|   Receive\n face |bytes\n";

    #[test]
    fn traffic_is_seen() {
        let is_untouched = |lines: &str| untouched(format!("{HEADING}{lines}").as_bytes());
        assert!(is_untouched("    lo:       0       0    0\n"));
        assert!(is_untouched("    lo: 0 0\n  sit0: 0 0\n"));
        assert!(!is_untouched("    lo: 0 0\n  sit0: 0 60\n"));
        assert!(!is_untouched("    lo: 1 0\n"));
        assert!(!is_untouched("    lo\n"));
    }
}
