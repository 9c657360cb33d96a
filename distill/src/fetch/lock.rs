//! One process at a time for one digest: an advisory lock on a file beside the partial download.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};

use super::error::FetchError;
use super::progress::{Progress, Waiting};
use super::retry::{TICK, sleep};

/// A held lock; the kernel takes it back when the process dies. Its file goes when it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    path: Utf8PathBuf,
    _file: File,
}

impl Lock {
    /// Takes the lock at `path`, waiting for whoever has it.
    pub(super) fn take(
        path: Utf8PathBuf,
        cancel: &AtomicBool,
        progress: &dyn Progress,
    ) -> Result<Lock, FetchError> {
        let mut told = false;
        loop {
            if let Some(file) = try_lock(&path).map_err(|e| FetchError::disk(&path, e))? {
                return Ok(Lock { path, _file: file });
            }
            if !std::mem::replace(&mut told, true) {
                progress.waiting(Waiting::OtherProcess);
            }
            sleep(Instant::now() + 2 * TICK, cancel)?;
        }
    }
}

impl Lock {
    /// Takes the lock at `path`, unless somebody has it.
    pub(super) fn try_take(path: Utf8PathBuf) -> io::Result<Option<Lock>> {
        Ok(try_lock(&path)?.map(|file| Lock { path, _file: file }))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // While the lock is held: nobody else's file can be at this path.
        let _ = fs::remove_file(&self.path);
    }
}

/// The locked file, or nothing if another process has it or removed it just now.
fn try_lock(path: &Utf8Path) -> io::Result<Option<File>> {
    let mut options = File::options();
    let file = options
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    match file.try_lock() {
        Ok(()) if is_at(&file, path)? => Ok(Some(file)),
        Ok(()) | Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether `file` is what lies at `path`: a lock on a removed file locks out nobody.
fn is_at(file: &File, path: &Utf8Path) -> io::Result<bool> {
    let identity = |meta: fs::Metadata| (meta.dev(), meta.ino());
    match fs::metadata(path) {
        Ok(meta) => Ok(identity(meta) == identity(file.metadata()?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_no_file_afterwards() {
        let dir = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(dir.path().join("a.lock")).unwrap();
        let lock = Lock::take(path.clone(), &AtomicBool::new(false), &()).unwrap();
        assert!(try_lock(&path).unwrap().is_none());
        let error = Lock::take(path.clone(), &AtomicBool::new(true), &()).unwrap_err();
        assert!(matches!(error, FetchError::Cancelled));
        drop(lock);
        assert!(!path.exists());
    }

    #[test]
    fn a_file_that_was_removed_locks_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(dir.path().join("a.lock")).unwrap();
        let file = File::create(&path).unwrap();
        assert!(is_at(&file, &path).unwrap());
        fs::remove_file(&path).unwrap();
        assert!(!is_at(&file, &path).unwrap());
        File::create(&path).unwrap();
        assert!(!is_at(&file, &path).unwrap());
    }
}
