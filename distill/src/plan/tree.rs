//! Trees: a directory's contents as a sorted manifest.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::{Deserialize, Serialize};

use super::glob::PathSet;
use super::hash::Hash;
use super::mode::Mode;
use super::path::RelPath;

/// What lies at one path of a tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
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

/// Two inputs that would write the same path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{first}` and `{second}` both have `{path}`\nhint: leave it out of one of them, with a subpackage of the paths that are wanted"
)]
pub struct Conflict {
    /// The path.
    pub path: RelPath,
    /// The input that had it first.
    pub first: String,
    /// The input that has it too.
    pub second: String,
}

/// One line of the difference of two trees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The path.
    pub path: RelPath,
    /// What was there.
    pub old: Option<Node>,
    /// What is there now.
    pub new: Option<Node>,
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
            Entry::Vacant(entry) => {
                entry.insert(node);
                Ok(())
            }
            Entry::Occupied(entry) if *entry.get() == node => Ok(()),
            Entry::Occupied(entry) => Err(TreeError::Occupied {
                path: entry.key().clone(),
            }),
        }
    }

    /// The entries that `keep` accepts, with the directories above them.
    pub fn filter(&self, mut keep: impl FnMut(&RelPath) -> bool) -> Tree {
        let mut kept = Tree::new();
        for (path, node) in self.iter().filter(|(path, _)| keep(path)) {
            for above in path.ancestors() {
                if let Some((above, dir)) = self.0.get_key_value(above) {
                    kept.0.insert(above.clone(), dir.clone());
                }
            }
            kept.0.insert(path.clone(), node.clone());
        }
        kept
    }

    /// The entries that `include` names (all, if it is empty), without those that `exclude` names.
    pub fn pick(&self, include: &PathSet, exclude: &PathSet) -> Tree {
        self.filter(|path| {
            (include.is_empty() || include.contains(path)) && !exclude.contains(path)
        })
    }

    /// The same entries below the directory `base`.
    pub fn below(&self, base: &RelPath) -> Tree {
        let mut moved = Tree::new();
        for above in base.ancestors() {
            moved.0.insert(
                RelPath::new(above).expect("part of a checked path"),
                Node::DIR,
            );
        }
        moved.0.insert(base.clone(), Node::DIR);
        moved.0.extend(
            self.iter()
                .map(|(path, node)| (base.join(path), node.clone())),
        );
        moved
    }

    /// What lies in the directory `base`, as a tree of its own.
    pub fn inside(&self, base: &RelPath) -> Tree {
        let inner =
            |(path, node): (&RelPath, &Node)| Some((path.strip_prefix(base)?, node.clone()));
        Tree(self.iter().filter_map(inner).collect())
    }

    /// All entries of several named trees; a path may be in two of them only as a directory of one
    /// mode.
    pub fn merge<'a>(
        trees: impl IntoIterator<Item = (&'a str, &'a Tree)>,
    ) -> Result<Tree, Conflict> {
        let is_dir = |node: &Node| matches!(node, Node::Dir { .. });
        let (mut merged, mut owners) = (Tree::new(), BTreeMap::new());
        for (name, tree) in trees {
            let conflict = |path: &RelPath, at: &str, owners: &BTreeMap<&str, &str>| Conflict {
                path: path.clone(),
                first: owners.get(at).copied().unwrap_or_default().to_owned(),
                second: name.to_owned(),
            };
            for (path, node) in tree.iter() {
                let blocks = |above: &&str| merged.get(above).is_some_and(|node| !is_dir(node));
                if let Some(above) = path.ancestors().find(blocks) {
                    return Err(conflict(path, above, &owners));
                }
                match merged.get(path.as_str()) {
                    Some(same) if same == node && is_dir(node) => continue,
                    Some(_) => return Err(conflict(path, path.as_str(), &owners)),
                    None => {}
                }
                merged.0.insert(path.clone(), node.clone());
                owners.insert(path.as_str(), name);
            }
        }
        Ok(merged)
    }

    /// These entries, and those of `from` for which there is room: nothing is replaced.
    pub fn filled(&self, from: &Tree) -> Tree {
        let mut filled = self.clone();
        for (path, node) in from.iter() {
            if !filled.0.contains_key(path) {
                // Below what is not a directory there is no room.
                let _ = filled.insert(path.clone(), node.clone());
            }
        }
        filled
    }

    /// What changed from this tree to `new`, by path.
    pub fn diff(&self, new: &Tree) -> Vec<Change> {
        let mut changes = Vec::new();
        for (path, node) in self.iter() {
            let now = new.0.get(path);
            if now != Some(node) {
                let (old, new) = (Some(node.clone()), now.cloned());
                changes.push(Change {
                    path: path.clone(),
                    old,
                    new,
                });
            }
        }
        for (path, node) in new.iter().filter(|(path, _)| !self.0.contains_key(*path)) {
            changes.push(Change {
                path: path.clone(),
                old: None,
                new: Some(node.clone()),
            });
        }
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        changes
    }
}

/// The first line of a manifest.
const HEADER: &str = "{\"distill-tree\":1}\n";

/// A manifest that cannot be read back.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the tree manifest, line {line}")]
pub struct ManifestError {
    line: usize,
    source: Option<serde_json::Error>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<P, N> {
    path: P,
    node: N,
}

impl Tree {
    /// The manifest: a header and one line of JSON per entry, sorted by path. This text is what a
    /// tree's hash is computed from.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = HEADER.as_bytes().to_vec();
        for (path, node) in self.iter() {
            serde_json::to_writer(&mut out, &Line { path, node }).expect("plain data");
            out.push(b'\n');
        }
        out
    }

    /// Reads a manifest back; anything that [`Tree::encode`] would not write is refused.
    pub fn decode(bytes: &[u8]) -> Result<Tree, ManifestError> {
        let error = |line, source| ManifestError { line, source };
        let body = bytes
            .strip_prefix(HEADER.as_bytes())
            .ok_or_else(|| error(1, None))?;
        let mut entries = BTreeMap::<RelPath, Node>::new();
        for (index, line) in body.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let Line { path, node } = serde_json::from_slice::<Line<RelPath, Node>>(line)
                .map_err(|e| error(index + 2, Some(e)))?;
            // Above each entry its directories are listed, so that nothing lies below a file or a link.
            let parent = path.parent().map(|parent| entries.get(&parent));
            if !matches!(parent, None | Some(Some(Node::Dir { .. }))) {
                return Err(error(index + 2, None));
            }
            entries.insert(path, node);
        }
        let tree = Tree(entries);
        if tree.encode() == bytes {
            Ok(tree)
        } else {
            Err(error(0, None))
        }
    }

    /// The tree's identity: the hash of its manifest.
    pub fn hash(&self) -> Hash {
        Hash::of(self.encode())
    }
}

#[cfg(test)]
mod tests;
