//! What contents are asked for.

use crate::plan::{Digest, Object};

/// Bytes, named by their digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Content {
    /// The digest of the bytes; it alone decides which bytes are meant.
    pub digest: Digest,
    /// How many they are, if whoever asks knows. Some clusters cannot be asked without it: to them, what
    /// has no size is missing.
    pub size: Option<u64>,
}

impl Content {
    /// Bytes of a known length.
    pub fn sized(digest: impl Into<Digest>, size: u64) -> Content {
        Content {
            digest: digest.into(),
            size: Some(size),
        }
    }

    /// The content from which all of an object follows: of a tree, its top node. Wherever that is, the
    /// rest should be, too, since it is written last.
    pub fn head(object: &Object) -> Content {
        match object {
            Object::Blob(digest) => Content::from(*digest),
            Object::Tree(tree) => Content::from(Digest::from(*tree)),
        }
    }
}

impl From<Digest> for Content {
    fn from(digest: Digest) -> Content {
        Content { digest, size: None }
    }
}
