//! The store: blobs, trees, plan records, logs, locks.
//!
//! Everything lands by writing to `tmp/` and renaming, contents before the record that vouches for
//! them: a process may be killed at any point. What a crash of the whole machine could tear is
//! listed in `unsynced/` until one sync made it last (`journal.rs`). The layout is described in
//! `docs/store.md`.

pub mod fsck;
pub mod gc;
pub mod intake;
pub mod io;
mod journal;
mod landing;
mod lock;
mod log;
mod record;
mod roots;
mod temp;
mod timings;
mod usage;

use camino::{Utf8Path, Utf8PathBuf};

use crate::plan::{Digest, Hash, Object, PlanHash};
use io::{At as _, IoError};
use journal::Journal;
pub use landing::settle_root;
pub use lock::PlanLock;
pub use log::{LogWriter, read_log, tai64n};
pub use record::{Record, Usage};
pub use roots::{Placed, Root};
use temp::Run;
pub use temp::TempDir;
pub use usage::Exclusive;

/// The version of the layout; a store of another version is refused.
const VERSION: &str = "distill-store 1\n";

/// The directories of a store.
const DIRECTORIES: [&str; 11] = [
    "blobs",
    "trees",
    "manifests",
    "plans",
    "records",
    "outputs",
    "roots",
    "logs",
    "locks",
    "tmp",
    "unsynced",
];

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file system said no.
    #[error(transparent)]
    Io(#[from] IoError),
    /// The directory is a store of a version that this program does not know, or no store.
    #[error(
        "cannot use `{path}`: it is a store of another format (`{found}`)\nhint: choose another directory with `--store` or `DISTILL_STORE`, or use the version of Distill that made it"
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
    /// A stored tree's manifest cannot be read.
    #[error(
        "the manifest of tree `{tree}` is damaged\nhint: `fsck` finds and removes what is damaged"
    )]
    Manifest {
        /// The tree.
        tree: Hash,
        /// What is wrong.
        source: crate::plan::tree::ManifestError,
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
        source: crate::plan::DecodeError,
    },
}

/// A store, open for this process. Several processes may use one store at a time.
#[derive(Debug)]
pub struct Store {
    root: Utf8PathBuf,
    run: Run,
    journal: Journal,
    usage: usage::Usage,
}

impl Store {
    /// Opens the store in `root`, making it if there is none. Removes what processes that were
    /// killed left in `tmp/`.
    pub fn open(root: &Utf8Path) -> Result<Store, StoreError> {
        let root = absolute(root)?;
        prepare(&root)?;
        let usage = usage::Usage::begin(&root)?;
        let run = Run::begin(&root.join("tmp"))?;
        let journal = Journal::begin(&root);
        let store = Store {
            root,
            run,
            journal,
            usage,
        };
        store.settle()?;
        Ok(store)
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

    fn manifest_path(&self, hash: &Hash) -> Utf8PathBuf {
        self.root.join("manifests").join(hash.to_string())
    }

    fn plan_path(&self, plan: &PlanHash) -> Utf8PathBuf {
        self.root.join("plans").join(plan.to_string())
    }

    fn record_path(&self, plan: &PlanHash) -> Utf8PathBuf {
        self.root.join("records").join(plan.to_string())
    }

    fn output_path(&self, object: &Object) -> Utf8PathBuf {
        self.root
            .join("outputs")
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

/// Checks the version of what is there, or makes a new store.
fn prepare(root: &Utf8Path) -> Result<(), StoreError> {
    std::fs::create_dir_all(root).at("create", root)?;
    if !is_store(root)? {
        // Of several programs that begin at the same time one makes it, and the others find it made.
        let lock = std::fs::File::open(root).at("open", root)?;
        lock.lock().at("lock", root)?;
        if !is_store(root)? {
            make(root)?;
        }
    }
    // A version of this program may have added one.
    make_directories(root)
}

/// Whether there is a store, of the version that this program knows.
fn is_store(root: &Utf8Path) -> Result<bool, StoreError> {
    let version = root.join("version");
    match std::fs::read_to_string(&version) {
        Ok(found) if found == VERSION => Ok(true),
        Ok(found) => {
            let (path, found) = (root.to_owned(), found.trim_end().to_owned());
            Err(StoreError::Version { path, found })
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e).at("read", &version)?,
    }
}

/// Makes a store in a directory that holds nothing else, or what a killed program has begun.
fn make(root: &Utf8Path) -> Result<(), StoreError> {
    const NEW: &str = "version.new";
    let mut entries = root.read_dir_utf8().at("list", root)?;
    let ours = |name: &str| DIRECTORIES.contains(&name) || name == NEW;
    if entries.any(|entry| entry.is_ok_and(|entry| !ours(entry.file_name()))) {
        return Err(StoreError::NotAStore {
            path: root.to_owned(),
        });
    }
    make_directories(root)?;
    io::write_new(&root.join(NEW), VERSION.as_bytes(), &root.join("version"))?;
    Ok(())
}

fn make_directories(root: &Utf8Path) -> Result<(), StoreError> {
    for name in DIRECTORIES {
        let directory = root.join(name);
        std::fs::create_dir_all(&directory).at("create", &directory)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
