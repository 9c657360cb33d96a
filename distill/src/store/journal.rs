//! What has landed since the last sync.
//!
//! The order of writes keeps the store right when a process dies; a machine that loses power may
//! lose bytes that were renamed into place. So each process lists what it lands, syncs once at its
//! end, and removes the list. A list that a later process finds is either of this boot, then one sync
//! makes up for it, or of an earlier one, then what it lists is verified.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::sync::{Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use nix::fcntl::{Flock, FlockArg};

use super::intake::{NEVER, verify_blob, verify_tree};
use super::io::{At as _, IoError, read_if_there};
use super::{Store, StoreError};
use crate::plan::Object;

#[derive(Debug)]
pub(super) struct Journal {
    root: Utf8PathBuf,
    open: Mutex<Option<(Utf8PathBuf, Flock<File>)>>,
}

impl Journal {
    pub(super) fn begin(root: &Utf8Path) -> Journal {
        Journal {
            root: root.to_owned(),
            open: Mutex::new(None),
        }
    }

    /// Lists `object`; the first one begins the list.
    pub(super) fn add(&self, object: &Object) -> Result<(), IoError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.is_none() {
            *open = Some(self.create()?);
        }
        let (path, file) = open.as_mut().expect("just opened");
        writeln!(file, "{object}").at("write", &*path)
    }

    fn create(&self) -> Result<(Utf8PathBuf, Flock<File>), IoError> {
        let name = format!("{}-{}", std::process::id(), crate::store::tai64n());
        let path = self.root.join("unsynced").join(name);
        let file = OpenOptions::new().create_new(true).append(true).open(&path);
        let file = file.at("create", &path)?;
        let lock = Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, e)| e);
        let mut lock = lock.at("lock", &path)?;
        writeln!(lock, "{}", boot_id()).at("write", &path)?;
        Ok((path, lock))
    }

    fn sync(&self) -> Result<(), IoError> {
        let directory = File::open(&self.root).at("open", &self.root)?;
        nix::unistd::syncfs(directory.as_fd()).at("sync", &self.root)
    }
}

impl Drop for Journal {
    /// Makes everything last. If that fails, the list stays, and the next process knows.
    fn drop(&mut self) {
        let open = self
            .open
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some((path, _lock)) = open
            && self.sync().is_ok()
        {
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Store {
    /// Deals with the lists of processes that did not end well.
    pub(super) fn settle(&self) -> Result<(), StoreError> {
        let directory = self.root.join("unsynced");
        for entry in directory.read_dir_utf8().at("list", &directory)?.flatten() {
            let path = entry.path();
            let file = File::open(path).at("open", path)?;
            let Ok(_lock) = Flock::lock(file, FlockArg::LockExclusiveNonblock) else {
                continue;
            };
            let bytes = read_if_there(path)?.unwrap_or_default();
            self.settle_list(&String::from_utf8_lossy(&bytes))?;
            let _ = std::fs::remove_file(path);
        }
        Ok(())
    }

    fn settle_list(&self, list: &str) -> Result<(), StoreError> {
        let mut lines = list.lines();
        if lines.next() == Some(boot_id().as_str()) {
            return Ok(self.journal.sync()?);
        }
        for object in lines.filter_map(|line| line.parse::<Object>().ok()) {
            if self.has(&object) && !self.is_sound(&object) {
                self.forget(&object)?;
            }
        }
        Ok(())
    }

    /// Whether an object's bytes are what its hash says.
    pub fn is_sound(&self, object: &Object) -> bool {
        let path = self.path(object);
        match object {
            Object::Blob(digest) => verify_blob(&path, *digest, &NEVER).is_ok(),
            Object::Tree(hash) => verify_tree(&path, &NEVER).is_ok_and(|tree| tree.hash() == *hash),
        }
    }
}

/// What tells one boot of a machine from the next.
fn boot_id() -> String {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    id.map(|id| id.trim().to_owned()).unwrap_or_default()
}
