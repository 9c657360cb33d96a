//! Where fetched bytes go.

use std::io;

use camino::Utf8Path;

use super::address::Shown;
use crate::plan::Digest;

/// Takes what was fetched: the store.
pub trait Destination {
    /// Whether the bytes are there already. Asked again after each wait: somebody else may have
    /// brought them.
    fn has(&self, digest: &Digest) -> bool;

    /// Takes the file at `verified`, whose bytes have this digest: renames it or reads it. Whatever
    /// is left at that path afterwards is removed. Nothing has been synced to the disk.
    fn keep(&self, digest: &Digest, verified: &Utf8Path) -> io::Result<()>;
}

/// How the bytes came to be at the destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// They were there, or somebody else brought them meanwhile.
    Present,
    /// They were fetched.
    Fetched {
        /// Where from: an address, a path, or the name of a cache.
        from: Shown,
        /// How many bytes.
        bytes: u64,
    },
}
