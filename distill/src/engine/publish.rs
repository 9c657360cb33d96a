//! What was built here, for others to take: what [`Sources`](super::Sources) brings, the other way round.

use std::collections::BTreeMap;
use std::fs::File;

use crate::objects::{Answer, BackendError, Content, Contents, Outgoing, Record, Records};
use crate::plan::{Hash, Node, Object, PlanHash, RelPath, Resolved, Tree};
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
            Object::Tree(tree) => {
                let manifest = self.store.manifest(tree)?;
                self.files(tree, &manifest)?;
                let bytes = manifest.encode();
                Ok(self.contents.write(vec![Outgoing::bytes(head, &bytes)])?)
            }
        }
    }

    fn files(&self, tree: &Hash, manifest: &Tree) -> Result<(), PublishError> {
        let from = StoredTree::open(&self.store.tree_path(tree)).map_err(StoreError::from)?;
        // Each content once, however many files have it.
        let files: BTreeMap<Content, &RelPath> = manifest.iter().filter_map(file).collect();
        let contents: Vec<Content> = files.keys().copied().collect();
        for batch in contents.chunks(MANY) {
            let missing = self.contents.missing(batch)?.into_iter();
            let outgoing = missing.map(|content| {
                let (path, from) = (files[&content], &from);
                Outgoing::new(content, move || from.open_file(path))
            });
            self.contents.write(outgoing.collect())?;
        }
        Ok(())
    }
}

fn file<'a>((path, node): (&'a RelPath, &Node)) -> Option<(Content, &'a RelPath)> {
    match node {
        Node::File { size, hash, .. } => Some((Content::sized(*hash, *size), path)),
        Node::Dir { .. } | Node::Symlink { .. } => None,
    }
}
