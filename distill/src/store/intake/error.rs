//! Why a tree cannot be taken in.

use std::fmt;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use crate::plan::archive::ArchiveError;
use crate::plan::tree::TreeError;
use crate::plan::{Digest, RelPath};

/// Why a tree cannot be taken in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IntakeError {
    /// The operating system refuses.
    #[error("cannot {action} `{path}`")]
    Io {
        /// What was tried: a verb, such as `write`.
        action: &'static str,
        /// On what.
        path: Utf8PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The directory to fill is not empty.
    #[error("cannot fill `{path}`: it is not empty")]
    NotEmpty {
        /// The directory.
        path: Utf8PathBuf,
    },
    /// The archive is refused.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A tree holds what is neither a file nor a directory nor a symbolic link.
    #[error("cannot keep what is no file, directory or symbolic link:{}", lines(.0))]
    Special(Vec<Special>),
    /// Files that are set-user-id or set-group-id, and not declared to be.
    #[error("undeclared set-user-id or set-group-id:{}\nhint: declare them with `setid`, or drop the bit", lines(.0))]
    Setid(Vec<RelPath>),
    /// A name or the target of a symbolic link is not UTF-8.
    #[error("cannot keep `{path}`: {what} is not UTF-8")]
    NotUtf8 {
        /// Where, with the bytes in question as U+FFFD.
        path: Utf8PathBuf,
        /// `its name` or `its target`.
        what: &'static str,
    },
    /// A file of the store is not what its manifest says.
    #[error(
        "`{path}` is not as its manifest says\nhint: the store is damaged; `fsck` finds what is"
    )]
    Damaged {
        /// The file.
        path: Utf8PathBuf,
    },
    /// An archive holds other files than it should.
    #[error(
        "the archive does not hold the tree that it stands for: `{path}` is missing, or another"
    )]
    NotTheTree {
        /// The first such path.
        path: RelPath,
    },
    /// A file that should have one name has several.
    #[error("cannot take `{path}`: it has other names, under which it could be changed")]
    Shared {
        /// The file.
        path: Utf8PathBuf,
    },
    /// A path that other builds could not reach, or the target of a link that is as long.
    #[error(
        "cannot keep `{path}`: its path, or where it points to, is longer than {longest} bytes"
    )]
    TooLong {
        /// The path.
        path: Utf8PathBuf,
        /// The limit.
        longest: usize,
    },
    /// Bytes that are not those that were asked for.
    #[error(
        "`{path}` has the hash `{got}`, not `{expected}`\nhint: the store is damaged; `fsck` finds what is"
    )]
    OtherBytes {
        /// The file.
        path: Utf8PathBuf,
        /// What its name says.
        expected: Digest,
        /// What its bytes are.
        got: Digest,
    },
    /// Somebody wanted the end.
    #[error("stopped")]
    Stopped,
    /// A literal that is no tree.
    #[error("cannot make a tree of what the recipe says")]
    Literal(#[source] TreeError),
}

/// Something that no tree holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Special {
    /// Where.
    pub path: RelPath,
    /// What it is, with an article.
    pub kind: &'static str,
}

impl fmt::Display for Special {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}", self.path, self.kind)
    }
}

/// The most lines that a message lists.
const LISTED: usize = 10;

fn lines<T: fmt::Display>(items: &[T]) -> String {
    let listed = items.iter().take(LISTED).map(|item| format!("\n  {item}"));
    let mut text: String = listed.collect();
    if items.len() > LISTED {
        let more = items.len() - LISTED;
        text.extend([format!("\n  and {more} more")]);
    }
    text
}

/// An error of the operating system at `path`.
pub(super) fn io_error<E: Into<io::Error>>(
    action: &'static str,
    path: impl AsRef<Utf8Path>,
) -> impl FnOnce(E) -> IntakeError {
    move |source| IntakeError::Io {
        action,
        path: path.as_ref().to_owned(),
        source: source.into(),
    }
}
