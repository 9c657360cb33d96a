//! Caches: somebody else's store, asked before a source is downloaded or a plan is built.
//!
//! What a cache has to do is in [`objects`](crate::objects): it has contents by their digest, or records of
//! what plans have made, or both. What the bytes are is checked by whoever asked.

mod asked;
mod directory;
mod lookup;
mod nodes;
mod tree;

use std::fmt;
use std::sync::Arc;

pub use directory::DirectoryCache;
pub use lookup::LookupCache;

pub use asked::Lent;
pub(super) use asked::{Asker, Caches, Heard, Looked, late};
pub(super) use nodes::{receive, send};
pub use tree::CachedTree;
pub(super) use tree::pack;

use super::address::Shown;
use crate::objects::{Contents, Records};
use crate::plan::{Digest, PlanHash};

/// What lies in a cache that is made of files, on a disk or on a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// Bytes, by their digest: a source, a file that a build made, a node of a tree or a file in it.
    Blob(Digest),
    /// What a plan made: a [`Record`](crate::objects::Record). Nothing vouches for it but the cache.
    Output(PlanHash),
}

impl Key {
    /// Its path in the cache: `blobs/sha256/…`, `blobs/blake2b/…`, `outputs/…`.
    pub fn path(&self) -> String {
        match self {
            Key::Blob(digest) => format!("blobs/{}", digest.to_string().replacen(':', "/", 1)),
            Key::Output(plan) => format!("outputs/{plan}"),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())
    }
}

/// Somebody else's store: contents, records, or both. If one of them does not answer, neither is asked
/// again.
#[derive(Debug, Clone)]
pub struct Cache {
    name: Shown,
    contents: Option<Arc<dyn Contents>>,
    records: Option<Arc<dyn Records>>,
}

impl Cache {
    /// A place that has both.
    pub fn new<B: Contents + Records + 'static>(backend: Arc<B>) -> Cache {
        Cache {
            name: Shown::from(backend.name()),
            contents: Some(Arc::clone(&backend) as Arc<dyn Contents>),
            records: Some(backend),
        }
    }

    /// A place that has bytes, and knows of no plan.
    pub fn of_contents(contents: Arc<dyn Contents>) -> Cache {
        Cache {
            name: Shown::from(contents.name()),
            contents: Some(contents),
            records: None,
        }
    }

    /// A place that knows what plans made, and has no bytes.
    pub fn of_records(records: Arc<dyn Records>) -> Cache {
        Cache {
            name: Shown::from(records.name()),
            contents: None,
            records: Some(records),
        }
    }

    /// What to call it in messages.
    pub fn name(&self) -> &Shown {
        &self.name
    }
}
