//! What was built here, for others to take: what [`Sources`](super::Sources) brings, the other way round.

use std::fs::File;

use crate::fetch::{Cache as _, CacheError, DirectoryCache, Key};
use crate::plan::archive::{PackError, pack_zst};
use crate::plan::{Hash, Object, PlanHash, RelPath};
use crate::store::intake::StoredTree;
use crate::store::io::{At as _, IoError};
use crate::store::{Store, StoreError};

/// How hard to compress: what travels should be small, and is packed once.
const LEVEL: i32 = 10;

/// Why an output cannot be given to others.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file of the store cannot be read, or a temporary one not written.
    #[error(transparent)]
    Io(#[from] IoError),
    /// A tree cannot be packed.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The cache does not take it.
    #[error(transparent)]
    Cache(#[from] CacheError),
}

/// Puts what is in a store into a cache. What the cache has already is left alone.
#[derive(Clone, Copy)]
pub struct Publisher<'a> {
    /// Where it is.
    pub store: &'a Store,
    /// Where others look.
    pub cache: &'a DirectoryCache,
}

impl Publisher<'_> {
    /// Tells what `plan` made. Without the [bytes](Publisher::bytes), that spares others only to find
    /// it out.
    pub fn record(&self, plan: &PlanHash, output: &Object) -> Result<(), PublishError> {
        let line = format!("{output}\n");
        Ok(self.cache.put(&Key::Output(*plan), &mut line.as_bytes())?)
    }

    /// Puts the bytes of an object there.
    pub fn bytes(&self, object: &Object) -> Result<(), PublishError> {
        match object {
            Object::Blob(digest) => {
                let path = self.store.blob_path(digest);
                let mut file = File::open(&path).at("open", &path)?;
                Ok(self.cache.put(&Key::Blob(*digest), &mut file)?)
            }
            Object::Tree(tree) => self.tree(tree),
        }
    }

    fn tree(&self, tree: &Hash) -> Result<(), PublishError> {
        // The manifest comes last: where it is, the files are, too.
        if self.cache.find(&Key::Manifest(*tree))?.is_some() {
            return Ok(());
        }
        let manifest = self.store.manifest(tree)?;
        let from = StoredTree::open(&self.store.tree_path(tree)).map_err(StoreError::from)?;
        let temp = self.store.temp_path();
        let packed = File::create(&temp).at("create", &temp)?;
        let open = |path: &RelPath| from.open_file(path);
        pack_zst(&manifest, open, packed, LEVEL)?;
        let mut packed = File::open(&temp).at("open", &temp)?;
        std::fs::remove_file(&temp).at("remove", &temp)?;
        self.cache.put(&Key::Archive(*tree), &mut packed)?;
        let manifest = manifest.encode();
        Ok(self
            .cache
            .put(&Key::Manifest(*tree), &mut manifest.as_slice())?)
    }
}
