//! Where nodes are found, and how trees are read and made of them: no more of them than needed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::{Directory, Entry, Tree};
use crate::plan::hash::Hash;
use crate::plan::mode::Mode;
use crate::plan::path::RelPath;

/// A place that has the nodes of trees: a store, or memory.
pub trait Nodes {
    /// Why a node cannot be had.
    type Error;

    /// The node with this hash. It has been held against the hash.
    fn node(&self, hash: &Hash) -> Result<Arc<Directory>, Self::Error>;
}

/// A node that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the node `{0}` of a directory is missing")]
pub struct MissingNode(pub Hash);

/// Nodes in memory.
#[derive(Debug, Clone, Default)]
pub struct Memory(HashMap<Hash, Arc<Directory>>);

impl Memory {
    /// No nodes.
    pub fn new() -> Memory {
        Memory::default()
    }

    /// Takes a node; gives its hash.
    pub fn put(&mut self, directory: Directory) -> Hash {
        let hash = Hash::of(directory.encode());
        self.0.insert(hash, Arc::new(directory));
        hash
    }
}

impl Nodes for Memory {
    type Error = MissingNode;

    fn node(&self, hash: &Hash) -> Result<Arc<Directory>, MissingNode> {
        self.0.get(hash).cloned().ok_or(MissingNode(*hash))
    }
}

/// Nodes of somewhere else, and new ones that are only in memory: for who makes a tree of others. A node is read once
/// from there, however often it is looked at.
pub struct Workbench<'a, N> {
    beneath: &'a N,
    /// The new ones, and those that were read.
    at_hand: RefCell<Memory>,
}

impl<'a, N: Nodes> Workbench<'a, N> {
    /// What `beneath` has, and nothing new.
    pub fn over(beneath: &'a N) -> Workbench<'a, N> {
        let at_hand = RefCell::default();
        Workbench { beneath, at_hand }
    }

    /// Takes a new node; gives its hash.
    pub fn put(&self, directory: Directory) -> Hash {
        self.at_hand.borrow_mut().put(directory)
    }

    /// The tree `tree` below the directory `base`.
    pub fn below(&self, tree: Hash, base: &RelPath) -> Hash {
        let names = base.as_str().rsplit('/');
        names.fold(tree, |node, name| {
            let mut directory = Directory::new();
            let mode = Mode::DIR;
            directory.insert(name, Entry::Dir { mode, node });
            self.put(directory)
        })
    }
}

impl<N: Nodes> Nodes for Workbench<'_, N> {
    type Error = N::Error;

    fn node(&self, hash: &Hash) -> Result<Arc<Directory>, N::Error> {
        if let Some(node) = self.at_hand.borrow().0.get(hash) {
            return Ok(Arc::clone(node));
        }
        let node = self.beneath.node(hash)?;
        self.at_hand.borrow_mut().0.insert(*hash, Arc::clone(&node));
        Ok(node)
    }
}

/// What lies at `path` of a tree: reads a node a level.
pub fn entry_at<N: Nodes>(nodes: &N, tree: &Hash, path: &str) -> Result<Option<Entry>, N::Error> {
    let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
    let mut directory = nodes.node(tree)?;
    for name in above.split('/').filter(|name| !name.is_empty()) {
        let Some(below) = directory.get(name).and_then(Entry::as_dir) else {
            return Ok(None);
        };
        directory = nodes.node(&below)?;
    }
    Ok(directory.get(name).cloned())
}

/// The directory at `path` of a tree, as a tree of its own.
pub fn subtree_at<N: Nodes>(nodes: &N, tree: &Hash, path: &str) -> Result<Option<Hash>, N::Error> {
    Ok(entry_at(nodes, tree, path)?.and_then(|entry| entry.as_dir()))
}

/// All entries of a tree: reads all its nodes.
pub fn whole<N: Nodes>(nodes: &N, tree: &Hash) -> Result<Tree, N::Error> {
    let whole = whole_within(nodes, tree, usize::MAX)?;
    Ok(whole.expect("there is no limit"))
}

/// All entries of a tree, unless their paths take more than `most` bytes of memory: a few nodes, each of which
/// names another one several times, are a tree of any size.
pub fn whole_within<N: Nodes>(
    nodes: &N,
    tree: &Hash,
    most: usize,
) -> Result<Option<Tree>, N::Error> {
    let (mut all, mut open, mut left) = (Vec::new(), vec![(None::<RelPath>, *tree)], most);
    while let Some((above, node)) = open.pop() {
        for (name, entry) in nodes.node(&node)?.iter() {
            let path = path_of(above.as_ref(), name);
            match left.checked_sub(path.as_str().len()) {
                Some(less) => left = less,
                None => return Ok(None),
            }
            open.extend(entry.as_dir().map(|node| (Some(path.clone()), node)));
            all.push((path, entry.shallow()));
        }
    }
    Ok(Some(Tree(all.into_iter().collect())))
}

/// The path of `name` in the directory `above`, which is the root if there is none.
pub(super) fn path_of(above: Option<&RelPath>, name: &str) -> RelPath {
    let name = RelPath::new(name).expect("a node has checked names");
    above.map_or(name.clone(), |above| above.join(&name))
}
