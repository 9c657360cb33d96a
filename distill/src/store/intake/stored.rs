//! Trees of the store that are read.

use std::fs::File;
use std::os::fd::{AsFd as _, BorrowedFd};

use camino::{Utf8Path, Utf8PathBuf};

use super::descend::{Locked, open_file, open_top};
use super::error::{IntakeError, io_error};
use crate::plan::RelPath;

/// An open tree of the store. Its files are found without a path that the kernel resolves, so no link
/// that a build left leads out of it.
#[derive(Debug)]
pub struct StoredTree {
    dir: File,
    path: Utf8PathBuf,
}

impl StoredTree {
    /// Opens the tree that lies at `path`.
    pub fn open(path: &Utf8Path) -> Result<StoredTree, IntakeError> {
        let dir = open_top(path, Locked::Refuse).map_err(io_error("open", path))?;
        let path = path.to_owned();
        Ok(StoredTree { dir, path })
    }

    /// Opens a file of it for reading.
    pub fn file(&self, path: &RelPath) -> Result<File, IntakeError> {
        self.open_file(path)
            .map_err(io_error("open", path.under(&self.path)))
    }

    /// The same with the system's own error, for who names the file himself.
    pub fn open_file(&self, path: &RelPath) -> std::io::Result<File> {
        Ok(open_file(self.dir.as_fd(), path, Locked::Refuse)?)
    }

    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.dir.as_fd()
    }
}
