//! Caches: somebody else's store, asked before a source is downloaded or a plan is built.
//!
//! A cache maps a [`Key`] to bytes, or to where they are; that is all that a backend has to do. What
//! the bytes mean, and whether they are the right ones, is checked by whoever asked.

mod directory;
mod lookup;

use std::fmt;
use std::io::Read;

use camino::Utf8PathBuf;

pub use directory::DirectoryCache;
pub use lookup::LookupCache;

use super::address::{Address, Shown};
use crate::plan::{Digest, Hash, Object, PlanHash, Tree};

/// What a cache may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// Bytes, by their digest: a source, or a file that a build made.
    Blob(Digest),
    /// What a plan made: the text of an [`Object`], and a newline. Nothing vouches for it but the
    /// cache.
    Output(PlanHash),
    /// The manifest of the tree with this hash ([`Tree::encode`]).
    Manifest(Hash),
    /// The files of the tree with this hash: a tar archive, Zstandard. Other bytes may hold the
    /// same tree, so it is checked against the manifest when it is unpacked.
    Archive(Hash),
}

impl Key {
    /// Its path in a cache that is made of files, on a disk or on a server: `blobs/sha256/…`,
    /// `blobs/blake2b/…`, `outputs/…`, `trees/….manifest`, `trees/….tar.zst`.
    pub fn path(&self) -> String {
        match self {
            Key::Blob(digest) => format!("blobs/{}", digest.to_string().replacen(':', "/", 1)),
            Key::Output(plan) => format!("outputs/{plan}"),
            Key::Manifest(tree) => format!("trees/{tree}.manifest"),
            Key::Archive(tree) => format!("trees/{tree}.tar.zst"),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())
    }
}

/// Where the bytes for a key are.
pub enum Found {
    /// Here.
    Bytes(Box<dyn Read + Send>),
    /// In a file.
    File(Utf8PathBuf),
    /// On a server, `http://…` or `https://…`. It need not have them: then the cache has not.
    Url(String),
}

impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Found::Bytes(_) => f.write_str("Bytes"),
            Found::File(path) => f.debug_tuple("File").field(path).finish(),
            Found::Url(url) => f
                .debug_tuple("Url")
                .field(&Address::from(url.as_str()))
                .finish(),
        }
    }
}

/// A cache that cannot answer; it is passed over.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// A file of the cache that cannot be read or written.
    #[error("cannot access `{path}`")]
    Io {
        /// The file or directory.
        path: Utf8PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A directory that is no cache, or one of another version.
    #[error("cannot use `{path}` as a cache: {why}")]
    Format {
        /// The directory.
        path: Utf8PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Bytes that do not belong to the key under which they were to be put.
    #[error("cannot put other bytes under `{key}`: they have the hash `{got}`")]
    Mismatch {
        /// The key.
        key: Key,
        /// What the bytes are.
        got: Digest,
    },
    /// What a cache outside of this crate says.
    #[error("{0}")]
    Other(String),
}

/// Somebody else's store.
pub trait Cache: fmt::Debug + Send + Sync {
    /// What to call it in messages.
    fn name(&self) -> String;

    /// Where the bytes for `key` are; nothing if they are not in this cache.
    fn find(&self, key: &Key) -> Result<Option<Found>, CacheError>;
}

/// What a cache says that a plan made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedOutput {
    /// The output's identity; its bytes may be in the same cache.
    pub object: Object,
    /// The name of the cache.
    pub cache: Shown,
}

/// A tree in a cache.
pub struct CachedTree {
    /// The manifest, which has the hash that was asked for.
    pub manifest: Tree,
    /// A tar archive, Zstandard, with the files: to be checked against the manifest.
    pub archive: Box<dyn Read + Send>,
    /// The name of the cache.
    pub cache: Shown,
}
