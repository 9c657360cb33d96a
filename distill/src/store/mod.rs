//! The store: blobs, trees, plan records, logs, locks.
//!
//! Everything lands by writing to `tmp/` and renaming, contents before the record that vouches for
//! them: a process may be killed at any point. For what a crash of the whole machine could tear, a
//! mark lies in `unsynced/` from before the first landing until one sync made all of them last
//! (`journal.rs`, `synced.rs`, `recovery.rs`). The layout is described in `docs/store.md`.

mod answers;
mod backend;
mod boot;
mod damage;
mod durable;
mod error;
mod format;
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
mod path;
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

use crate::plan::{Digest, Hash, Object, PlanHash};
pub use answers::Answers;
use boot::Boot;
use damage::Verification;
pub use error::{Damaged, StoreError};
use io::{At as _, IoError};
use journal::Journal;
pub use landing::settle_root;
pub use lock::PlanLock;
pub use log::{LogWriter, read_log, tai64n};
pub use path::object_path;
pub use record::{Provenance, Record, Usage};
pub use roots::{Placed, Root};
use temp::Run;
pub use temp::TempDir;
pub use usage::Exclusive;

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

    /// Takes the store for this process alone, unless others use it: what removes things from it needs that.
    pub fn exclusive(&self) -> Result<Exclusive<'_>, StoreError> {
        self.usage.exclusive(&self.root)
    }

    /// The same, but waits for its turn: until those have ended who use the store. Nobody begins to use it meanwhile.
    pub fn exclusive_in_turn(&self) -> Result<Exclusive<'_>, StoreError> {
        self.usage.exclusive_in_turn(&self.root)
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

fn absolute(path: &Utf8Path) -> Result<Utf8PathBuf, IoError> {
    let absolute = std::path::absolute(path.as_std_path()).at("find", path)?;
    Utf8PathBuf::from_path_buf(absolute)
        .map_err(|_| std::io::Error::other("the path is not UTF-8"))
        .at("use", path)
}

#[cfg(test)]
mod tests;
