//! Unfinished downloads that nobody goes on with.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};

use super::lock::Lock;

/// A download that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaleDownload {
    /// The bytes that are here; nothing if only a lock was left.
    pub path: Utf8PathBuf,
    /// How many there are.
    pub bytes: u64,
}

/// The downloads in `directory` (see [`Settings::partial_dir`](super::Settings::partial_dir)) that
/// got no byte since `since` and that no process works on.
pub fn stale_downloads(directory: &Utf8Path, since: SystemTime) -> io::Result<Vec<StaleDownload>> {
    let entries = match directory.read_dir_utf8() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut paths = BTreeSet::new();
    for entry in entries {
        let path = entry?.into_path();
        if matches!(path.extension(), Some("part" | "lock")) {
            paths.insert(path.with_extension("part"));
        }
    }
    let mut stale = Vec::new();
    for path in paths {
        let bytes = match path.metadata() {
            Ok(meta) if meta.modified()? >= since => continue,
            Ok(meta) => meta.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        if Lock::try_take(path.with_extension("lock"))?.is_some() {
            stale.push(StaleDownload { path, bytes });
        }
    }
    Ok(stale)
}

impl StaleDownload {
    /// Removes what is here, unless somebody goes on with it after all.
    pub fn remove(&self) -> io::Result<()> {
        // The lock's own file goes with the lock.
        let Some(_lock) = Lock::try_take(self.path.with_extension("lock"))? else {
            return Ok(());
        };
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_old_and_what_nobody_works_on_goes() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| Utf8PathBuf::from_path_buf(dir.path().join(name)).unwrap();
        fs::write(path("old.part"), "bytes").unwrap();
        fs::write(path("killed.lock"), "").unwrap();
        fs::write(path("running.part"), "bytes").unwrap();
        let lock = Lock::try_take(path("running.lock")).unwrap().unwrap();
        let directory = Utf8Path::from_path(dir.path()).unwrap();
        let (past, future) = (
            SystemTime::now() - Duration::from_secs(60),
            SystemTime::now() + Duration::from_secs(60),
        );
        let young = stale_downloads(directory, past).unwrap();
        assert_eq!(young.len(), 1, "only a lock that nobody holds: {young:?}");
        let stale = stale_downloads(directory, future).unwrap();
        assert_eq!(stale.iter().map(|stale| stale.bytes).sum::<u64>(), 5);
        stale.iter().for_each(|stale| stale.remove().unwrap());
        assert!(!path("old.part").exists() && !path("killed.lock").exists());
        assert!(path("running.part").exists() && path("running.lock").exists());
        drop(lock);
    }

    #[test]
    fn without_the_directory_there_is_nothing() {
        let stale = stale_downloads("/nowhere/at/all".into(), SystemTime::now());
        assert_eq!(stale.unwrap(), []);
    }
}
