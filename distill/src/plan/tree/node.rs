//! What lies at a path.

use crate::plan::hash::Hash;
use crate::plan::mode::Mode;

/// What lies at one path of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A directory.
    Dir {
        /// Its permission bits.
        mode: Mode,
    },
    /// A regular file.
    File {
        /// Its permission bits.
        mode: Mode,
        /// Its length in bytes.
        size: u64,
        /// The hash of its bytes.
        hash: Hash,
    },
    /// A symbolic link; it may point anywhere.
    Symlink {
        /// What it holds.
        target: String,
    },
}

impl Node {
    /// A directory with the usual mode.
    pub const DIR: Node = Node::Dir { mode: Mode::DIR };
}
