//! Temporary directories: one per process, removed by whoever finds its owner gone.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::sync::atomic::{AtomicU64, Ordering};

use camino::{Utf8Path, Utf8PathBuf};
use nix::fcntl::{Flock, FlockArg};

use super::intake::remove_tree;
use super::io::{At as _, IoError};
use super::pristine;
use crate::unique;

/// This process's part of `tmp/`; the lock on it is held as long as the process lives.
#[derive(Debug)]
pub(super) struct Run {
    directory: Utf8PathBuf,
    counter: AtomicU64,
    _lock: Flock<File>,
}

/// A temporary directory, removed when dropped.
#[derive(Debug)]
pub struct TempDir(Utf8PathBuf);

impl Run {
    /// Makes a directory for this process in `tmp`, and removes those of processes that are gone.
    pub(super) fn begin(tmp: &Utf8Path) -> Result<Run, IoError> {
        sweep(tmp)?;
        loop {
            let path = tmp.join(format!("run-{}.lock", unique::name()));
            let lock = match File::create_new(&path) {
                Err(e) if e.kind() == ErrorKind::AlreadyExists => continue,
                file => try_lock(file.at("create", &path)?, &path)?,
            };
            // Else another process takes it for one whose owner is gone, and removes it.
            if let Some(lock) = lock {
                let directory = path.with_extension("");
                pristine::make(&directory, 0o700)?;
                return Ok(Run {
                    directory,
                    counter: AtomicU64::new(0),
                    _lock: lock,
                });
            }
        }
    }

    pub(super) fn directory(&self) -> &Utf8Path {
        &self.directory
    }

    /// A path in it that nothing has yet.
    pub(super) fn fresh(&self) -> Utf8PathBuf {
        self.directory
            .join(self.counter.fetch_add(1, Ordering::Relaxed).to_string())
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        discard(&self.directory, &self.directory.with_extension("lock"));
    }
}

/// Removes a directory, then its lock. What cannot be removed now keeps its lock, by which the next
/// process finds it.
fn discard(directory: &Utf8Path, lock: &Utf8Path) {
    if remove_tree(directory).is_ok() {
        let _ = std::fs::remove_file(lock);
    }
}

impl TempDir {
    pub(super) fn create(path: Utf8PathBuf) -> Result<TempDir, IoError> {
        std::fs::create_dir(&path).at("create", &path)?;
        Ok(TempDir(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Utf8Path {
        &self.0
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = remove_tree(&self.0);
    }
}

/// The lock on what was opened at `path`, unless somebody holds it.
fn try_lock(file: File, path: &Utf8Path) -> Result<Option<Flock<File>>, IoError> {
    match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(lock) => Ok(is_at(&lock, path).then_some(lock)),
        Err((_, nix::errno::Errno::EWOULDBLOCK)) => Ok(None),
        Err((_, e)) => Err(e).at("lock", path),
    }
}

/// Whether `file` still lies at `path`: somebody may have swept it away before it was locked, and a
/// lock on what nobody can find locks out nobody.
fn is_at(file: &File, path: &Utf8Path) -> bool {
    let identity = |meta: std::fs::Metadata| (meta.dev(), meta.ino());
    match (file.metadata(), path.metadata()) {
        (Ok(ours), Ok(there)) => identity(ours) == identity(there),
        _ => false,
    }
}

/// Removes what belongs to no living process. The lock tells, not a number: the process may live in
/// another container, or on another machine if the file system has locks for that.
fn sweep(tmp: &Utf8Path) -> Result<(), IoError> {
    for entry in tmp.read_dir_utf8().at("list", tmp)?.flatten() {
        let path = entry.path();
        if path.extension() != Some("lock") {
            continue;
        }
        let file = match File::open(path) {
            // Its owner came to its end just now.
            Err(e) if e.kind() == ErrorKind::NotFound => continue,
            file => file.at("open", path)?,
        };
        if let Some(_lock) = try_lock(file, path)? {
            discard(&path.with_extension(""), path);
        }
    }
    Ok(())
}
