//! GNU make's job server, shared by all builds of a process: ten packages in parallel use N cores,
//! not ten times N.
//!
//! The protocol is make's (GNU make manual, "POSIX Jobserver Interaction"): a FIFO that holds a byte
//! per free slot. Every running build has taken one; what runs below it takes more.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::OpenOptionsExt as _;

use camino::{Utf8Path, Utf8PathBuf};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::Mode;

use super::cancel::Cancel;
use crate::store::io::{At as _, IoError};

/// A FIFO with a token for each job that may run at once.
#[derive(Debug)]
pub struct Jobserver {
    path: Utf8PathBuf,
    fifo: File,
    slots: usize,
}

/// A slot; given back when dropped.
pub(super) struct Token<'a>(&'a Jobserver);

impl Jobserver {
    /// A job server of `slots` slots at `path`, which must not exist.
    pub fn create(path: &Utf8Path, slots: usize) -> Result<Jobserver, IoError> {
        nix::unistd::mkfifo(path.as_std_path(), Mode::from_bits_truncate(0o600))
            .at("create", path)?;
        let flags = nix::libc::O_NONBLOCK;
        let fifo = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(flags)
            .open(path);
        let server = Jobserver {
            path: path.to_owned(),
            fifo: fifo.at("open", path)?,
            slots,
        };
        (&server.fifo)
            .write_all(&vec![b'+'; slots])
            .at("write", path)?;
        Ok(server)
    }

    /// The FIFO.
    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// Waits for a slot; nothing if stopped meanwhile.
    pub(super) fn acquire(&self, cancel: &Cancel) -> Option<Token<'_>> {
        while !cancel.is_cancelled() {
            if matches!((&self.fifo).read(&mut [0]), Ok(1)) {
                return Some(Token(self));
            }
            let mut fds = [PollFd::new(self.fifo.as_fd(), PollFlags::POLLIN)];
            let _ = poll(&mut fds, PollTimeout::from(100_u8));
        }
        None
    }

    /// Puts back what killed builds took with them. Only when nothing runs.
    pub(super) fn refill(&self) {
        while matches!((&self.fifo).read(&mut [0; 64]), Ok(count) if count > 0) {}
        let _ = (&self.fifo).write_all(&vec![b'+'; self.slots]);
    }
}

impl Drop for Token<'_> {
    fn drop(&mut self) {
        let _ = (&self.0.fifo).write_all(b"+");
    }
}

/// How many processors this process may use: its affinity, and the quota of its control group.
pub fn cpus() -> usize {
    // The standard library looks at both (since 1.59 and 1.64).
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hands_out_what_it_has_and_refills() {
        let dir = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(dir.path().join("fifo")).unwrap();
        let server = Jobserver::create(&path, 2).unwrap();
        let cancel = Cancel::default();
        let (one, two) = (
            server.acquire(&cancel).unwrap(),
            server.acquire(&cancel).unwrap(),
        );
        let stopped = Cancel::default();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| server.acquire(&stopped).is_some());
            stopped.cancel();
            assert!(!waiting.join().unwrap(), "there was no third slot");
        });
        drop(one);
        assert!(server.acquire(&cancel).is_some());
        std::mem::forget(two);
        server.refill();
        let _all = (
            server.acquire(&cancel).unwrap(),
            server.acquire(&cancel).unwrap(),
        );
    }
}
