//! Trees: what a directory holds, with all that lies below.
//!
//! A tree is stored as nodes, one for each directory ([`Directory`]), each of which names those of its
//! subdirectories by their hash. The hash of the top one is the tree's identity. So trees that have a directory in common
//! have its node in common, what is different in two of them is found without reading what is the same
//! ([`diff`]), and of a tree that is made of others only the directories are new in which something is
//! ([`merge`], [`fill`], [`pick`]).
//!
//! [`Tree`] is all of a tree in memory, by path: for who makes one file by file, or needs each of them.

mod diff;
mod directory;
mod fill;
mod merge;
mod node;
mod nodes;
mod pick;
#[cfg(test)]
mod plain;

use std::collections::btree_map;
use std::collections::{BTreeMap, HashMap};

pub use self::diff::{Change, diff};
pub use self::directory::{Directory, DirectoryError, Entry};
pub use self::fill::fill;
pub use self::merge::{Conflict, MergeError, merge};
pub use self::node::Node;
pub use self::nodes::{
    Memory, MissingNode, Nodes, Workbench, entry_at, subtree_at, whole, whole_within,
};
pub use self::pick::{Picked, pick};
use super::hash::Hash;
use super::path::RelPath;

/// A directory's contents: path → node. Every directory is listed, except the root (mode 0755).
///
/// Its identity is its content: owner and group are always 0, the time of change always the epoch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree(BTreeMap<RelPath, Node>);

/// Why a node cannot be put into a tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// Two different things at one path.
    #[error("`{path}` is there already, and is not the same")]
    Occupied {
        /// The path.
        path: RelPath,
    },
    /// Something below a path that is not a directory.
    #[error("`{path}` lies below `{above}`, which is not a directory")]
    NotADirectory {
        /// The path.
        path: RelPath,
        /// The file or link above it.
        above: RelPath,
    },
}

impl Tree {
    /// A tree without entries.
    pub fn new() -> Tree {
        Tree::default()
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What lies at `path`.
    pub fn get(&self, path: &str) -> Option<&Node> {
        self.0.get(path)
    }

    /// All entries, directories before what is in them.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&RelPath, &Node)> + Clone {
        self.0.iter()
    }

    /// All paths.
    pub fn paths(&self) -> impl DoubleEndedIterator<Item = &RelPath> + Clone {
        self.0.keys()
    }

    /// The bytes of all files together.
    pub fn size(&self) -> u64 {
        let size = |node: &Node| {
            if let Node::File { size, .. } = node {
                *size
            } else {
                0
            }
        };
        self.0.values().map(size).sum()
    }

    /// Puts `node` at `path`; directories above it that are missing are made, with mode 0755.
    /// The same node twice is no error.
    pub fn insert(&mut self, path: RelPath, node: Node) -> Result<(), TreeError> {
        for above in path.ancestors() {
            if let Some(Node::Dir { .. }) = self.0.get(above) {
                continue;
            }
            let above = RelPath::new(above).expect("part of a checked path");
            if self.0.contains_key(&above) {
                return Err(TreeError::NotADirectory {
                    above,
                    path: path.clone(),
                });
            }
            self.0.insert(above, Node::DIR);
        }
        match self.0.entry(path) {
            btree_map::Entry::Vacant(entry) => {
                entry.insert(node);
                Ok(())
            }
            btree_map::Entry::Occupied(entry) if *entry.get() == node => Ok(()),
            btree_map::Entry::Occupied(entry) => Err(TreeError::Occupied {
                path: entry.key().clone(),
            }),
        }
    }

    /// What lies in the directory `base`, as a tree of its own.
    pub fn inside(&self, base: &RelPath) -> Tree {
        let inner =
            |(path, node): (&RelPath, &Node)| Some((path.strip_prefix(base)?, node.clone()));
        Tree(self.iter().filter_map(inner).collect())
    }

    /// The nodes of all its directories, each once, those below before those above; the last one is the
    /// tree's.
    pub fn directories(&self) -> Vec<(Hash, Directory)> {
        let (mut done, mut growing) = (Directories::default(), HashMap::<&str, Directory>::new());
        // From the end: what is in a directory stands behind it.
        for (path, node) in self.0.iter().rev() {
            let path = path.as_str();
            let entry = match node.clone() {
                Node::Dir { mode } => Entry::Dir {
                    mode,
                    node: done.add(growing.remove(path).unwrap_or_default()),
                },
                Node::File { mode, size, hash } => Entry::File { mode, size, hash },
                Node::Symlink { target } => Entry::Symlink { target },
            };
            let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
            growing.entry(above).or_default().insert(name, entry);
        }
        done.add(growing.remove("").unwrap_or_default());
        done.list
    }

    /// The tree's identity: the hash of its top node.
    pub fn hash(&self) -> Hash {
        let directories = self.directories();
        directories.last().expect("there is a top").0
    }
}

/// Nodes, each once, in the order in which they came.
#[derive(Default)]
struct Directories {
    known: HashMap<Hash, usize>,
    list: Vec<(Hash, Directory)>,
}

impl Directories {
    fn add(&mut self, directory: Directory) -> Hash {
        let hash = Hash::of(directory.encode());
        self.known.entry(hash).or_insert_with(|| {
            self.list.push((hash, directory));
            self.list.len()
        });
        hash
    }
}

#[cfg(test)]
mod tests;
