//! What was built here, for others to take: what [`Sources`](super::Sources) brings, the other way round.

use std::fs::File;

use crate::fetch::{Cache as _, CacheError, DirectoryCache, Key};
use crate::plan::archive::{PackError, pack_zst};
use crate::plan::{Hash, Object, PlanHash};
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

/// Puts what `plan` made into a cache: the bytes first, then the record that leads to them. What the
/// cache has already is left alone.
pub fn publish(
    store: &Store,
    plan: &PlanHash,
    output: &Object,
    cache: &DirectoryCache,
) -> Result<(), PublishError> {
    match output {
        Object::Blob(digest) => {
            let path = store.blob_path(digest);
            let mut file = File::open(&path).at("open", &path)?;
            cache.put(&Key::Blob(*digest), &mut file)?;
        }
        Object::Tree(tree) => publish_tree(store, tree, cache)?,
    }
    Ok(cache.put(&Key::Output(*plan), &mut format!("{output}\n").as_bytes())?)
}

fn publish_tree(store: &Store, tree: &Hash, cache: &DirectoryCache) -> Result<(), PublishError> {
    // The manifest comes last: where it is, the files are, too.
    if cache.find(&Key::Manifest(*tree))?.is_some() {
        return Ok(());
    }
    let (manifest, from) = (store.manifest(tree)?, store.tree_path(tree));
    let temp = store.temp_path();
    let packed = File::create(&temp).at("create", &temp)?;
    pack_zst(
        &manifest,
        |path| File::open(path.under(&from)),
        packed,
        LEVEL,
    )?;
    let mut packed = File::open(&temp).at("open", &temp)?;
    std::fs::remove_file(&temp).at("remove", &temp)?;
    cache.put(&Key::Archive(*tree), &mut packed)?;
    Ok(cache.put(&Key::Manifest(*tree), &mut manifest.encode().as_slice())?)
}
