//! Why contents or records cannot be had or given.

use camino::Utf8PathBuf;

use super::content::Content;
use crate::plan::Digest;

/// A place that cannot answer. Whoever asked passes it over: that it has something is never the only
/// way to come by it.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// A file that cannot be read or written.
    #[error("cannot access `{path}`")]
    Io {
        /// The file or directory.
        path: Utf8PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Bytes that cannot be read, of what was to be written.
    #[error("cannot read what is to be put under `{}`", .content.digest)]
    Unread {
        /// What was to be written.
        content: Content,
        /// What the reader says.
        source: std::io::Error,
    },
    /// A directory that is of another kind, or of another version.
    #[error("cannot use `{path}` as a cache: {why}")]
    Format {
        /// The directory.
        path: Utf8PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Other bytes than those that were to be written.
    #[error("cannot put other bytes under `{}`: they have the hash `{got}`", .content.digest)]
    Mismatch {
        /// What was to be written.
        content: Content,
        /// What the bytes are.
        got: Digest,
    },
    /// Another number of bytes than that of those that were to be written.
    #[error("cannot put bytes of another length under `{}`: they are {got}", .content.digest)]
    Length {
        /// What was to be written.
        content: Content,
        /// How many they are.
        got: u64,
    },
    /// Others fill this place.
    #[error("cannot write to it")]
    ReadOnly,
    /// What a place outside of this crate says.
    #[error("{0}")]
    Other(String),
}
