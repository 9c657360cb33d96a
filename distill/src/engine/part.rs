//! A part of a build's root, and why parts do not make one.

use camino::Utf8PathBuf;

use super::environment::PROGRAM;
use crate::plan::tree::Conflict;
use crate::plan::{AbsPath, Hash};
use crate::store::StoreError;

/// A tree that a build sees, with its name and place.
pub(super) struct Part {
    pub(super) label: String,
    pub(super) at: AbsPath,
    pub(super) tree: Hash,
    pub(super) path: Utf8PathBuf,
}

/// Why inputs do not make a root.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// Two inputs have one path.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// There is nothing to run.
    #[error("no input has an executable file `{PROGRAM}`")]
    NoProgram,
    /// An input is bytes, not a tree.
    #[error(
        "`{0}` is a blob, but the inputs of a build are trees\nhint: give it a place, as a file"
    )]
    Blob(String),
    /// An input lies where none can.
    #[error("cannot place `{input}`: {message}")]
    Misplaced {
        /// The input's label.
        input: String,
        /// What is wrong with its place.
        message: String,
    },
    /// What an input has would be hidden by what the sandbox mounts.
    #[error(
        "`{input}` has `{path}`, but a build has a `{place}` of its own, which would hide it\nhint: leave it out, with a subpackage of the paths that are wanted, or place the input elsewhere than at `/`"
    )]
    Covered {
        /// The input's label.
        input: String,
        /// The path, as the build would see it.
        path: AbsPath,
        /// The place of the sandbox.
        place: &'static str,
    },
    /// What one input has would be hidden by another that is mounted above it.
    #[error("`{input}` has `{path}`, which what lies at `{at}` would hide")]
    Hidden {
        /// The input's label.
        input: String,
        /// The path, as the build would see it.
        path: AbsPath,
        /// The place of the other input.
        at: AbsPath,
    },
    /// An input lies inside of another, where that has no directory.
    #[error(
        "`{input}` cannot lie at `{at}`: `{outer}` lies around it, and has no directory there\nhint: place the two beside each other"
    )]
    NoGround {
        /// The input's label.
        input: String,
        /// Its place.
        at: AbsPath,
        /// The label of an input around it.
        outer: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
