//! Bytes, held against the digest and the size that they should have.

use super::content::Content;
use super::error::BackendError;
use crate::plan::DigestHasher;

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
