//! The terminal's state, kept for when a program that has changed it dies.

use std::io::{self, IsTerminal as _, Stdin};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};

/// Gives the terminal its state back when dropped.
pub(super) struct Terminal {
    stdin: Stdin,
    state: Termios,
    flags: OFlag,
}

impl Terminal {
    /// The terminal of standard input; nothing if that is none.
    pub(super) fn keep() -> Option<Terminal> {
        let stdin = io::stdin();
        if !stdin.is_terminal() {
            return None;
        }
        let state = tcgetattr(&stdin).ok()?;
        let flags = OFlag::from_bits_retain(fcntl(&stdin, FcntlArg::F_GETFL).ok()?);
        Some(Terminal {
            stdin,
            state,
            flags,
        })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // If the terminal is gone, there is nobody to tell.
        let _ = tcsetattr(&self.stdin, SetArg::TCSANOW, &self.state);
        let _ = fcntl(&self.stdin, FcntlArg::F_SETFL(self.flags));
    }
}
