//! What was built here, for others to take: what [`Sources`](super::Sources) brings, the other way round.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::sync::Arc;

use crate::objects::{Answer, BackendError, Content, Contents, Outgoing, Record, Records};
use crate::plan::tree::{Directory, Entry, Nodes as _};
use crate::plan::{Digest, Hash, Object, PlanHash, RelPath, Resolved};
use crate::store::intake::StoredTree;
use crate::store::io::IoError;
use crate::store::{Store, StoreError};

/// How many contents are given at once.
const MANY: usize = 256;

/// Why an output cannot be given to others.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file of the store cannot be read.
    #[error(transparent)]
    Io(#[from] IoError),
    /// Who should take it cannot.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

/// Puts what is in a store where others find it. What is there already is left alone.
#[derive(Clone, Copy)]
pub struct Publisher<'a> {
    /// Where it is.
    pub store: &'a Store,
    /// Takes the bytes.
    pub contents: &'a dyn Contents,
    /// Takes what plans made.
    pub records: &'a dyn Records,
}

impl Publisher<'_> {
    /// Tells what `plans` made, as far as the store knows. Without the [bytes](Publisher::bytes), that
    /// spares others only to find it out.
    pub fn records(&self, plans: &[&Resolved]) -> Result<(), PublishError> {
        let hashes: Vec<PlanHash> = plans.iter().map(|plan| plan.hash()).collect();
        let known: BTreeMap<PlanHash, Answer> = self.records.look_up(&hashes)?;
        let mut new: Vec<(&Resolved, Record)> = Vec::new();
        for (plan, hash) in plans.iter().zip(hashes) {
            if let (false, Some(record)) = (known.contains_key(&hash), self.store.record(&hash)?) {
                new.push((plan, record));
            }
        }
        let new: Vec<(&Resolved, &Record)> = new.iter().map(|(plan, of)| (*plan, of)).collect();
        Ok(self.records.record(&new)?)
    }

    /// Puts the bytes of an object there.
    pub fn bytes(&self, object: &Object) -> Result<(), PublishError> {
        // What leads to the rest comes last: where it is, the rest is, too.
        let head = Content::head(object);
        if self.contents.missing(&[head])?.is_empty() {
            return Ok(());
        }
        match object {
            Object::Blob(digest) => {
                let path = self.store.blob_path(digest);
                let blob = Outgoing::new(head, move || File::open(path));
                Ok(self.contents.write(vec![blob])?)
            }
            Object::Tree(tree) => self.tree(tree),
        }
    }

    /// Puts those directories there that are not, each after what it names: where a node is, the rest is.
    fn tree(&self, tree: &Hash) -> Result<(), PublishError> {
        let (mut level, mut new) = (BTreeMap::from([(*tree, None)]), New::default());
        while !level.is_empty() {
            let missing = self.without(level.keys().map(|node| Digest::from(*node).into()))?;
            let mut below = BTreeMap::<Hash, Option<RelPath>>::new();
            for (node, at) in level {
                if missing.contains(&Digest::from(node).into()) {
                    let directory = self.store.node(&node)?;
                    let named = new.take(node, directory, at.as_ref());
                    below.extend(named.into_iter().map(|(node, at)| (node, Some(at))));
                }
            }
            level = below;
        }
        self.files(tree, &new.files)?;
        new.into_levels(*tree)
            .iter()
            .try_for_each(|level| self.nodes(level))
    }

    /// Writes nodes none of which names another one of them.
    fn nodes(&self, nodes: &[Arc<Directory>]) -> Result<(), PublishError> {
        for batch in nodes.chunks(MANY) {
            let encoded: Vec<Vec<u8>> = batch.iter().map(|node| node.encode()).collect();
            let outgoing = encoded.iter().map(|bytes| {
                let content = Content::sized(Hash::of(bytes), bytes.len() as u64);
                Outgoing::bytes(content, bytes)
            });
            self.contents.write(outgoing.collect())?;
        }
        Ok(())
    }

    /// Which of `wanted` are not there, asked for many at a time.
    fn without(
        &self,
        wanted: impl Iterator<Item = Content>,
    ) -> Result<BTreeSet<Content>, PublishError> {
        let (wanted, mut missing): (Vec<Content>, _) = (wanted.collect(), BTreeSet::new());
        for batch in wanted.chunks(MANY) {
            missing.extend(self.contents.missing(batch)?);
        }
        Ok(missing)
    }

    /// Writes files of a tree, each content once, however many files have it.
    fn files(&self, tree: &Hash, files: &BTreeMap<Content, RelPath>) -> Result<(), PublishError> {
        let from = StoredTree::open(&self.store.tree_path(tree)).map_err(StoreError::from)?;
        let contents: Vec<Content> = files.keys().copied().collect();
        for batch in contents.chunks(MANY) {
            let missing = self.contents.missing(batch)?.into_iter();
            let outgoing = missing.map(|content| {
                let (path, from) = (&files[&content], &from);
                Outgoing::new(content, move || from.open_file(path))
            });
            self.contents.write(outgoing.collect())?;
        }
        Ok(())
    }
}

/// What of a tree is new to who takes it.
#[derive(Default)]
struct New {
    nodes: BTreeMap<Hash, Arc<Directory>>,
    /// Files of these directories, and where each of them lies in the tree.
    files: BTreeMap<Content, RelPath>,
}

impl New {
    /// Takes the directory at `at`; gives the directories in it that were not met before.
    fn take(
        &mut self,
        node: Hash,
        directory: Arc<Directory>,
        at: Option<&RelPath>,
    ) -> Vec<(Hash, RelPath)> {
        let mut below = Vec::new();
        for (name, entry) in directory.iter() {
            let name = RelPath::new(name.as_str()).expect("a node has checked names");
            let path = at.map_or(name.clone(), |at| at.join(&name));
            match entry {
                Entry::Dir { node, .. } => below.push((*node, path)),
                Entry::File { size, hash, .. } => {
                    self.files.insert(Content::sized(*hash, *size), path);
                }
                Entry::Symlink { .. } => {}
            }
        }
        self.nodes.insert(node, directory);
        below.retain(|(node, _)| !self.nodes.contains_key(node));
        below
    }

    /// The nodes, by levels: what one names is in a level before its own.
    fn into_levels(self, top: Hash) -> Vec<Vec<Arc<Directory>>> {
        let (mut levels, mut heights) = (Vec::<Vec<_>>::new(), BTreeMap::<Hash, usize>::new());
        let mut open = vec![(top, false)];
        while let Some((node, is_below_done)) = open.pop() {
            let Some(directory) = self.nodes.get(&node) else {
                continue;
            };
            if heights.contains_key(&node) {
                continue;
            }
            let below = || directory.iter().filter_map(|(_, entry)| entry.as_dir());
            if is_below_done {
                let height = below().filter_map(|node| heights.get(&node)).max();
                let height = height.map_or(0, |height| height + 1);
                heights.insert(node, height);
                levels.resize_with(levels.len().max(height + 1), Vec::new);
                levels[height].push(Arc::clone(directory));
            } else {
                open.push((node, true));
                open.extend(below().map(|node| (node, false)));
            }
        }
        levels
    }
}

#[cfg(test)]
mod tests;
