//! The store: blobs, trees, plan records, logs, locks.
//!
//! Everything lands by writing to `tmp/` and renaming, contents before the record that vouches for
//! them: a process may be killed at any point. For what a crash of the whole machine could tear, a
//! mark lies in `unsynced/` from before the first landing until one sync made all of them last
//! (`journal.rs`, `synced.rs`, `recovery.rs`). The layout is described in `docs/store.md`.

mod answers;
mod backend;
mod boot;
mod durable;
pub mod fsck;
pub mod gc;
pub mod intake;
pub mod io;
mod journal;
mod landing;
mod layout;
mod lock;
mod log;
mod nodes;
mod pristine;
mod record;
mod recovery;
mod roots;
mod soundness;
mod synced;
mod temp;
mod timings;
mod usage;

use camino::{Utf8Path, Utf8PathBuf};

use crate::plan::tree::DirectoryError;
use crate::plan::{DecodeError, Digest, Hash, Object, PlanHash};
pub use answers::Answers;
use boot::Boot;
use fsck::Verification;
use io::{At as _, IoError};
use journal::Journal;
pub use landing::settle_root;
pub use lock::PlanLock;
pub use log::{LogWriter, read_log, tai64n};
pub use record::{Provenance, Record, Usage};
pub use roots::{Placed, Root};
use temp::Run;
pub use temp::TempDir;
pub use usage::Exclusive;

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file system said no.
    #[error(transparent)]
    Io(#[from] IoError),
    /// The directory is a store of a version that this program does not know, or no store.
    #[error(
        "cannot use `{path}`: it is a store of another format (`{found}`)\nhint: {}",
        layout::what_to_do(path, found)
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
        "cannot remove anything from `{path}`: another process uses it\nhint: try again when it has ended"
    )]
    Busy {
        /// The store.
        path: Utf8PathBuf,
    },
    /// A tree could not be removed, or a file not be taken in.
    #[error(transparent)]
    Intake(#[from] intake::IntakeError),
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
        source: crate::plan::DecodeError,
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

/// A store, open for this process. Several processes may use one store at a time.
#[derive(Debug)]
pub struct Store {
    root: Utf8PathBuf,
    run: Run,
    journal: Journal,
    usage: usage::Usage,
    recovered: Option<Verification>,
}

impl Store {
    /// Opens the store in `root`, making it if there is none. Removes what processes that were
    /// killed left in `tmp/`, and drops what a power cut has torn.
    pub fn open(root: &Utf8Path) -> Result<Store, StoreError> {
        Store::open_in(root, Boot::current())
    }

    fn open_in(root: &Utf8Path, boot: Boot) -> Result<Store, StoreError> {
        let root = absolute(root)?;
        layout::prepare(&root)?;
        let usage = usage::Usage::begin(&root)?;
        let run = Run::begin(&root.join("tmp"))?;
        let journal = Journal::begin(&root, run.directory(), boot);
        let mut store = Store {
            root,
            run,
            journal,
            usage,
            recovered: None,
        };
        store.recovered = store.settle()?;
        Ok(store)
    }

    /// What was verified when this was opened, because a machine had lost power; what was damaged
    /// is removed.
    pub fn recovered(&self) -> Option<&Verification> {
        self.recovered.as_ref()
    }

    /// The directory.
    pub fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// Where a blob lies.
    pub fn blob_path(&self, digest: &Digest) -> Utf8PathBuf {
        self.path(&Object::Blob(*digest))
    }

    /// Where a tree lies, unpacked.
    pub fn tree_path(&self, hash: &Hash) -> Utf8PathBuf {
        self.path(&Object::Tree(*hash))
    }

    /// Where an object lies.
    pub fn path(&self, object: &Object) -> Utf8PathBuf {
        object_path(&self.root, object)
    }

    /// Where the logs of a plan lie, a file per attempt.
    pub fn log_dir(&self, plan: &PlanHash) -> Utf8PathBuf {
        self.root.join("logs").join(plan.to_string())
    }

    /// Where downloads that are not complete wait.
    pub fn partial_dir(&self) -> Utf8PathBuf {
        self.root.join("tmp").join("partial")
    }

    /// Whether the object's bytes are here.
    pub fn has(&self, object: &Object) -> bool {
        self.path(object).exists()
    }

    fn plan_path(&self, plan: &PlanHash) -> Utf8PathBuf {
        self.root.join("plans").join(plan.to_string())
    }

    fn record_path(&self, plan: &PlanHash) -> Utf8PathBuf {
        self.root.join("records").join(plan.to_string())
    }

    fn makers_path(&self, object: &Object) -> Utf8PathBuf {
        self.root
            .join("makers")
            .join(object.to_string().replace(':', "-"))
    }
}

/// Where an object lies in the store in `root`, for who has not opened it.
pub fn object_path(root: &Utf8Path, object: &Object) -> Utf8PathBuf {
    match object {
        Object::Blob(digest) => root
            .join("blobs")
            .join(digest.to_string().replace(':', "-")),
        Object::Tree(hash) => root.join("trees").join(hash.to_string()),
    }
}

fn absolute(path: &Utf8Path) -> Result<Utf8PathBuf, IoError> {
    let absolute = std::path::absolute(path.as_std_path()).at("find", path)?;
    Utf8PathBuf::from_path_buf(absolute)
        .map_err(|_| std::io::Error::other("the path is not UTF-8"))
        .at("use", path)
}

#[cfg(test)]
mod tests;
