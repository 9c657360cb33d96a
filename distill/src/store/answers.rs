//! Which plans a definition came to, so that a run that has nothing to do need not resolve thousands of plans to
//! find that out.
//!
//! An answer holds as long as the records stand from which it was made. Nothing vouches for it but that: whatever
//! takes a record away, or replaces one, forgets all answers. They can be made anew at any time, and whatever is wrong
//! with one counts as not knowing it.

use camino::Utf8PathBuf;

use super::io::{IoError, read_if_there, remove_if_there, write_new};
use super::{Store, durable, gc};
use crate::plan::{Hash, PlanHash};
use crate::unique;

/// The file that holds the name of the epoch; an answer is filed under its question and its epoch.
const EPOCH: &str = "epoch";

/// The answers that hold since the last time that all were forgotten.
///
/// Whoever notes one has to have made this before it read any record: if a record goes meanwhile, its epoch is over,
/// and nobody will find what it notes.
pub struct Answers<'a> {
    store: &'a Store,
    epoch: Vec<u8>,
}

impl Store {
    /// The answers that hold now; none can be had where nothing can be written.
    pub fn answers(&self) -> Option<Answers<'_>> {
        let path = self.answers_dir().join(EPOCH);
        let epoch = match read_if_there(&path).ok()? {
            Some(epoch) if !epoch.is_empty() => epoch,
            // A power cut may have left one without its name.
            _ => self.begin_epoch().ok()?,
        };
        Some(Answers { store: self, epoch })
    }

    /// Forgets all answers. To be called before a record is taken away, so that none outlives it if the process
    /// is killed, and once more after it, for what others have noted meanwhile.
    pub(super) fn forget_answers(&self) -> Result<(), IoError> {
        let directory = self.answers_dir();
        let epoch = directory.join(EPOCH);
        if !epoch.exists() {
            return Ok(());
        }
        // From here on nobody finds the rest any more, also after a power cut.
        remove_if_there(&epoch)?;
        durable::names(&directory)?;
        for name in gc::names(&directory)? {
            remove_if_there(&directory.join(name))?;
        }
        Ok(())
    }

    /// A new epoch. If somebody else begins one at the same time, the last one holds, and what is noted in the other
    /// is not found.
    fn begin_epoch(&self) -> Result<Vec<u8>, IoError> {
        let epoch = unique::name().into_bytes();
        write_new(&self.run.fresh(), &epoch, &self.answers_dir().join(EPOCH))?;
        Ok(epoch)
    }

    fn answers_dir(&self) -> Utf8PathBuf {
        self.root.join("answers")
    }
}

impl Answers<'_> {
    /// The plans that the definition with this fingerprint came to.
    pub fn get(&self, fingerprint: &Hash) -> Option<Vec<PlanHash>> {
        let bytes = read_if_there(&self.path(fingerprint)).ok()??;
        let text = std::str::from_utf8(&bytes).ok()?;
        // A line has an end, or it may have been longer.
        let lines = text.strip_suffix('\n')?.split('\n');
        lines.map(|line| line.parse().ok()).collect()
    }

    /// Notes which plans a definition came to. That it cannot be noted is no error: it is found out again.
    pub fn note(&self, fingerprint: &Hash, plans: &[PlanHash]) {
        let lines: String = plans.iter().map(|plan| format!("{plan}\n")).collect();
        let temp = self.store.run.fresh();
        if write_new(&temp, lines.as_bytes(), &self.path(fingerprint)).is_err() {
            _ = remove_if_there(&temp);
        }
    }

    fn path(&self, fingerprint: &Hash) -> Utf8PathBuf {
        let name = Hash::of([&self.epoch[..], fingerprint.as_bytes()].concat());
        self.store.answers_dir().join(name.to_string())
    }
}
