//! Why a store cannot be used.

use camino::Utf8PathBuf;

use super::format;
use super::intake::IntakeError;
use super::io::IoError;
use crate::plan::tree::DirectoryError;
use crate::plan::{DecodeError, Hash, PlanHash};

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file system said no.
    #[error(transparent)]
    Io(#[from] IoError),
    /// The directory is a store of a version that this program does not know, or no store.
    #[error(
        "cannot use `{path}`: it is a store of another format (`{found}`)\nhint: {}",
        format::what_to_do(path, found)
    )]
    Version {
        /// The store.
        path: Utf8PathBuf,
        /// What its `version` file says.
        found: String,
    },
    /// The directory holds something else.
    #[error(
        "cannot make a store in `{path}`: it is not empty\nhint: choose another directory with `--store` or `DISTILL_STORE`"
    )]
    NotAStore {
        /// The directory.
        path: Utf8PathBuf,
    },
    /// Other processes use the store, so nothing can be removed from it.
    #[error(
        "cannot remove anything from `{path}`: another process uses it\nhint: try again when it has ended; `gc --wait` waits for its turn"
    )]
    Busy {
        /// The store.
        path: Utf8PathBuf,
    },
    /// A tree could not be removed, or a file not be taken in.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// A stored node of a tree cannot be read.
    #[error(
        "the node `{node}` of a directory is damaged\nhint: `fsck` finds and removes what is damaged"
    )]
    Node {
        /// The node.
        node: Hash,
        /// What is wrong.
        source: Damaged<DirectoryError>,
    },
    /// A stored plan is one of another version of Distill.
    #[error("the stored plan `{plan}` was not made by this version of Distill")]
    Foreign {
        /// The plan.
        plan: PlanHash,
        /// What is different.
        source: DecodeError,
    },
    /// A stored plan cannot be read.
    #[error("the stored plan `{plan}` is damaged\nhint: `fsck` finds and removes what is damaged")]
    Plan {
        /// The plan.
        plan: PlanHash,
        /// What is wrong.
        source: Damaged<DecodeError>,
    },
}

/// What is wrong with a file that is named by a hash.
#[derive(Debug, thiserror::Error)]
pub enum Damaged<E> {
    /// It is not there.
    #[error("it is missing")]
    Missing,
    /// It holds something else.
    #[error("its contents have another hash")]
    OtherHash,
    /// It holds nothing of its kind.
    #[error(transparent)]
    Unreadable(#[from] E),
}
