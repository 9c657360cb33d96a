//! The nodes of trees: a file for each directory, named by its hash.
//!
//! Trees share the nodes of directories that hold the same. A node that has its name is whole: nothing is written under
//! a name before a mark lies on the disk (`journal.rs`), and where a machine has lost power every node is held against its name
//! before anybody trusts it (`recovery.rs`). A tree that has its name has all its nodes.

use std::collections::HashSet;
use std::sync::Arc;

use camino::Utf8PathBuf;

use super::io::{read_if_there, write_new};
use super::{Damaged, Store, StoreError};
use crate::plan::tree::{Directory, Entry, Nodes};
use crate::plan::{Hash, Tree, tree};

impl Nodes for Store {
    type Error = StoreError;

    fn node(&self, hash: &Hash) -> Result<Arc<Directory>, StoreError> {
        let damaged = |source| StoreError::Node {
            node: *hash,
            source,
        };
        let bytes = read_if_there(&self.node_path(hash))?;
        let bytes = bytes.ok_or_else(|| damaged(Damaged::Missing))?;
        if Hash::of(&bytes) != *hash {
            return Err(damaged(Damaged::OtherHash));
        }
        let directory = Directory::decode(&bytes);
        directory
            .map(Arc::new)
            .map_err(|error| damaged(Damaged::Unreadable(error)))
    }
}

impl Store {
    /// All entries of a tree that is here: reads all its nodes.
    pub fn manifest(&self, hash: &Hash) -> Result<Tree, StoreError> {
        tree::whole(self, hash)
    }

    /// Takes nodes in, those below before those above.
    pub(super) fn land_nodes(&self, nodes: &[(Hash, Directory)]) -> Result<(), StoreError> {
        self.journal.mark()?;
        for (hash, directory) in nodes {
            let path = self.node_path(hash);
            if !path.exists() {
                write_new(&self.run.fresh(), &directory.encode(), &path)?;
            }
        }
        Ok(())
    }

    /// The nodes that `trees` are made of, as far as they can be read.
    pub(super) fn nodes_of(&self, trees: impl IntoIterator<Item = Hash>) -> HashSet<Hash> {
        let mut open: Vec<Hash> = trees.into_iter().collect();
        let mut met: HashSet<Hash> = open.iter().copied().collect();
        while let Some(hash) = open.pop() {
            // What is damaged is for `fsck`.
            let Ok(directory) = self.node(&hash) else {
                continue;
            };
            let below = directory
                .iter()
                .filter_map(|(_, entry)| Entry::as_dir(entry));
            open.extend(below.filter(|node| met.insert(*node)));
        }
        met
    }

    /// The hashes of all nodes that are here.
    pub(super) fn all_nodes(&self) -> Result<Vec<Hash>, StoreError> {
        let names = super::gc::names(&self.root.join("nodes"))?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }

    pub(super) fn node_path(&self, hash: &Hash) -> Utf8PathBuf {
        self.root.join("nodes").join(hash.to_string())
    }
}
