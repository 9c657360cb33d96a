//! What contents are asked for.

use super::error::BackendError;
use crate::plan::{Digest, DigestHasher, Object};

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

/// Holds bytes that pass by against what they were to be.
pub struct Check {
    content: Content,
    hasher: DigestHasher,
    size: u64,
}

impl Content {
    /// A check of bytes that are to be this content.
    pub fn check(&self) -> Check {
        Check {
            content: *self,
            hasher: self.digest.hasher(),
            size: 0,
        }
    }

    /// Refuses bytes that are not this content.
    pub fn check_bytes(&self, bytes: &[u8]) -> Result<(), BackendError> {
        let mut check = self.check();
        check.update(bytes);
        check.finish()
    }
}

impl Check {
    /// Some more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
    }

    /// Refuses the bytes, now that all have passed.
    pub fn finish(self) -> Result<(), BackendError> {
        let (content, got) = (self.content, self.hasher.finish());
        if got != content.digest {
            return Err(BackendError::Mismatch { content, got });
        }
        match content.size {
            Some(size) if size != self.size => Err(BackendError::Length {
                content,
                got: self.size,
            }),
            _ => Ok(()),
        }
    }
}

impl From<Digest> for Content {
    fn from(digest: Digest) -> Content {
        Content { digest, size: None }
    }
}
