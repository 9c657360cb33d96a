//! Objects: content by identity.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::hash::{Digest, Hash, HashError, serde_as_text};

/// Content by identity: what an [`Artifact`](super::Artifact) turned out to be.
///
/// Its text is `tree:` and the hash of the manifest, or a digest as [`Digest`] writes it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Object {
    /// Bytes.
    Blob(Digest),
    /// A directory's contents.
    Tree(Hash),
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Object::Blob(digest) => fmt::Display::fmt(digest, f),
            Object::Tree(hash) => write!(f, "tree:{hash}"),
        }
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Object {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Object, HashError> {
        match text.strip_prefix("tree:") {
            Some(hash) => hash.parse().map(Object::Tree),
            None => text.parse().map(Object::Blob),
        }
    }
}

serde_as_text!(Object);
