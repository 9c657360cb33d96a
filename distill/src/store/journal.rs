//! The mark that a process sets before anything of it lands, and takes away when all of it lasts.
//!
//! The order of writes keeps the store right when a process dies; a machine that loses power may keep
//! a name and lose the bytes behind it, in any order. So the first landing of a process waits until a
//! mark with the identity of this boot lies on the disk, and its end waits once for the whole file
//! system. A mark whose process is gone tells the next one what to do (`recovery.rs`): in the same
//! boot nothing is lost, and what the mark lists has to be waited for; in another boot the list may
//! be torn and is not read, and everything that is not known to be synced is verified.

use std::fs::File;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use nix::fcntl::{Flock, FlockArg};

use super::boot::Boot;
use super::io::{At as _, IoError, read_if_there};
use super::{durable, synced};
use crate::plan::Object;
use crate::unique;

/// The marks of this process: none before the first landing, then one.
#[derive(Debug)]
pub(super) struct Journal {
    root: Utf8PathBuf,
    scratch: Utf8PathBuf,
    boot: Boot,
    mark: Mutex<Option<Mark>>,
}

/// A mark on the disk, locked as long as its process lives.
#[derive(Debug)]
struct Mark {
    path: Utf8PathBuf,
    file: Flock<File>,
    landed: Vec<Object>,
}

/// Where the marks lie.
pub(super) fn directory(root: &Utf8Path) -> Utf8PathBuf {
    root.join("unsynced")
}

impl Journal {
    /// Nothing is marked yet. In `scratch`, files can be made that go with this process.
    pub(super) fn begin(root: &Utf8Path, scratch: &Utf8Path, boot: Boot) -> Journal {
        Journal {
            root: root.to_owned(),
            scratch: scratch.to_owned(),
            boot,
            mark: Mutex::new(None),
        }
    }

    /// Which boot this is.
    pub(super) fn boot(&self) -> &Boot {
        &self.boot
    }

    /// Lists `object`, which must not have landed yet.
    pub(super) fn add(&self, object: &Object) -> Result<(), IoError> {
        self.with_mark(|mark| {
            writeln!(mark.file, "{object}").at("write", &mark.path)?;
            mark.landed.push(*object);
            Ok(())
        })
    }

    /// Sees to it that a power cut from now on has the store verified.
    pub(super) fn mark(&self) -> Result<(), IoError> {
        self.with_mark(|_| Ok(()))
    }

    /// Leaves the mark as a process does that is killed.
    #[cfg(test)]
    pub(super) fn abandon(&self) {
        drop(
            self.mark
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
    }

    fn with_mark(
        &self,
        work: impl FnOnce(&mut Mark) -> Result<(), IoError>,
    ) -> Result<(), IoError> {
        let mut mark = self.mark.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *mark {
            Some(mark) => work(mark),
            none => work(none.insert(self.set()?)),
        }
    }

    /// Whoever sees the mark in its place sees it whole and locked.
    fn set(&self) -> Result<Mark, IoError> {
        let made = unique::create_file(&self.scratch, "mark-");
        let (temp, file) = made.at("create a file in", &self.scratch)?;
        let lock = Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, e)| e);
        let mut file = lock.at("lock", &temp)?;
        writeln!(file, "{}", self.boot.text()).at("write", &temp)?;
        durable::file(&file, &temp)?;
        let (directory, name) = (directory(&self.root), unique::name());
        let path = directory.join(name);
        std::fs::rename(&temp, &path).at("rename to", &path)?;
        durable::names(&directory)?;
        Ok(Mark {
            path,
            file,
            landed: Vec::new(),
        })
    }
}

impl Drop for Journal {
    /// Makes everything last. If that fails, the mark stays, and the next process knows.
    fn drop(&mut self) {
        let mark = self.mark.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(mark) = mark.take()
            && synced::sync(&self.root, &mark.landed).is_ok()
        {
            let _ = std::fs::remove_file(mark.path);
        }
    }
}

/// A mark whose process is gone.
pub(super) struct Remains {
    pub(super) path: Utf8PathBuf,
    /// What landed, if the mark is of this boot: then nothing of it is lost.
    pub(super) landed: Option<Vec<Object>>,
}

impl Remains {
    /// Reads the marks of processes that are gone.
    pub(super) fn all(root: &Utf8Path, boot: &Boot) -> Result<Vec<Remains>, IoError> {
        let (directory, mut all) = (directory(root), Vec::new());
        for entry in directory.read_dir_utf8().at("list", &directory)?.flatten() {
            let path = entry.into_path();
            // Shared, so that two processes that look at once do not take each other for its owner.
            let Ok(file) = File::open(&path) else {
                continue;
            };
            if Flock::lock(file, FlockArg::LockSharedNonblock).is_ok()
                && let Some(bytes) = read_if_there(&path)?
            {
                let landed = read(&String::from_utf8_lossy(&bytes), boot);
                all.push(Remains { path, landed });
            }
        }
        Ok(all)
    }
}

/// What a mark lists, if it is of this boot.
fn read(text: &str, boot: &Boot) -> Option<Vec<Object>> {
    let mut lines = text.lines();
    let is_ours = lines.next().is_some_and(|line| boot.is(line));
    is_ours.then(|| lines.filter_map(|line| line.parse().ok()).collect())
}
