//! Sources on their way into the store.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::time::Duration;

use camino::Utf8Path;

use super::cancel::Cancel;
use super::error::ExecuteError;
use super::event::{Event, JobId};
use crate::fetch::{
    Attempt, Destination, FetchError, Fetcher, Lent, Progress, Reason, Shown, Waiting,
};
use crate::objects::Record;
use crate::plan::{Digest, Hash, Object, PlanHash, Source};
use crate::store::intake::{HashedFile, IntakeError, restore_into};
use crate::store::{Store, StoreError};

/// Whoever asks others: whom it tells of troubles, and when it stops waiting.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    /// The wish to stop.
    pub cancel: &'a Cancel,
    /// Takes what happens.
    pub event: &'a (dyn Fn(Event) + Sync),
}

/// Brings sources, and what others have built, into the store.
pub trait Supplier: Sync {
    /// Brings `source` into the store, verified. Says how it gets on through `event`, and ends soon
    /// after `cancel` comes: the run waits for it.
    fn supply(
        &self,
        job: JobId,
        source: &Source,
        cancel: &Cancel,
        event: &(dyn Fn(Event) + Sync),
    ) -> Result<Object, ExecuteError>;

    /// Whether there is anybody to ask for what others have built.
    fn has_others(&self) -> bool {
        false
    }

    /// What plans made elsewhere, as far as anybody knows. Ends in time, whoever hangs.
    fn records(&self, plans: &[PlanHash], asking: Asking<'_>) -> BTreeMap<PlanHash, Record> {
        let _ = (plans, asking);
        BTreeMap::new()
    }

    /// Of which objects [`bring`](Supplier::bring) is worth trying. Ends in time, whoever hangs.
    fn offered(&self, objects: &[Object], asking: Asking<'_>) -> BTreeSet<Object> {
        let _ = (objects, asking);
        BTreeSet::new()
    }

    /// Brings what was built elsewhere into the store, verified. False if nobody has it after all:
    /// then it has to be built.
    fn bring(
        &self,
        job: JobId,
        object: &Object,
        label: &str,
        cancel: &Cancel,
        event: &(dyn Fn(Event) + Sync),
    ) -> Result<bool, ExecuteError> {
        let _ = (job, object, label, cancel, event);
        Ok(false)
    }
}

/// Fetches what is missing.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// Where it lands.
    pub store: &'a Store,
    /// Fetches.
    pub fetcher: &'a Fetcher,
    /// The wish to stop asking; a job has one of its own.
    pub cancel: &'a Cancel,
}

impl Supplier for Sources<'_> {
    fn supply(
        &self,
        job: JobId,
        source: &Source,
        cancel: &Cancel,
        event: &(dyn Fn(Event) + Sync),
    ) -> Result<Object, ExecuteError> {
        let telling = Telling {
            job,
            file_name: &source.file_name,
            event,
        };
        let own = Sources { cancel, ..*self };
        self.fetcher
            .fetch(source, &own.landing(), cancel.flag(), &telling)?;
        Ok(Object::Blob(source.digest))
    }

    fn has_others(&self) -> bool {
        self.fetcher.has_caches()
    }

    fn records(&self, plans: &[PlanHash], asking: Asking<'_>) -> BTreeMap<PlanHash, Record> {
        let (cancel, progress) = (asking.cancel.flag(), Remarks(asking.event));
        self.fetcher.records(plans, cancel, &progress)
    }

    fn offered(&self, objects: &[Object], asking: Asking<'_>) -> BTreeSet<Object> {
        let (cancel, progress) = (asking.cancel.flag(), Remarks(asking.event));
        self.fetcher.offered(objects, cancel, &progress)
    }

    fn bring(
        &self,
        job: JobId,
        object: &Object,
        label: &str,
        cancel: &Cancel,
        event: &(dyn Fn(Event) + Sync),
    ) -> Result<bool, ExecuteError> {
        let job_sources = Sources { cancel, ..*self };
        let telling = Telling {
            job,
            file_name: label,
            event,
        };
        match object {
            Object::Blob(digest) => job_sources.bring_blob(*digest, &telling),
            Object::Tree(tree) => job_sources.bring_tree(tree, &telling),
        }
    }
}

impl Sources<'_> {
    fn landing(&self) -> Landing<'_> {
        let (store, cancel) = (self.store, self.cancel);
        Landing { store, cancel }
    }

    fn bring_blob(&self, digest: Digest, telling: &Telling<'_>) -> Result<bool, ExecuteError> {
        let (name, cancel) = (telling.file_name, self.cancel.flag());
        let landing = self.landing();
        match self.fetcher.blob(digest, name, &landing, cancel, telling) {
            Ok(_) => Ok(true),
            Err(FetchError::Unavailable { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn bring_tree(&self, tree: &Hash, telling: &Telling<'_>) -> Result<bool, ExecuteError> {
        let Some(found) = self.fetcher.tree(tree, self.cancel.flag(), telling) else {
            return Ok(false);
        };
        telling.started(&found.cache);
        let temp = self.store.temp_dir()?;
        let archive = Counted {
            archive: found.archive,
            bytes: 0,
            cancel: self.cancel,
            telling,
        };
        match restore_into(temp.path(), archive, &found.manifest, self.cancel.flag()) {
            Ok(restored) => {
                self.store.land_tree(&restored)?;
                Ok(true)
            }
            Err(_) if self.cancel.is_cancelled() => Err(ExecuteError::Cancelled),
            Err(error @ IntakeError::Io { .. }) => Err(error.into()),
            // The cache's fault, and not a reason to stop.
            Err(error) => {
                telling.note(format!("{}: {}", found.cache, with_causes(&error)));
                Ok(false)
            }
        }
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// An archive on its way, which tells how much of it has come.
struct Counted<'a> {
    archive: Lent<'a>,
    bytes: u64,
    cancel: &'a Cancel,
    telling: &'a Telling<'a>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.cancel.is_cancelled() {
            return Err(io::Error::other("cancelled"));
        }
        let count = self.archive.read(buffer)?;
        self.bytes += count as u64;
        self.telling.bytes(self.bytes, None);
        Ok(count)
    }
}

/// Takes what was fetched into the store.
struct Landing<'a> {
    store: &'a Store,
    cancel: &'a Cancel,
}

impl Destination for Landing<'_> {
    fn has(&self, digest: &Digest) -> bool {
        self.store.has(&Object::Blob(*digest))
    }

    /// Hashes the file once more: the store believes nobody what bytes a file has, also not a download
    /// that was compared as it came, for some of it may have waited on the disk for days.
    fn keep(&self, digest: &Digest, verified: &Utf8Path) -> io::Result<()> {
        let flag = self.cancel.flag();
        let file = HashedFile::hash(verified.to_owned(), digest.hasher(), flag);
        let file = file.map_err(io::Error::other)?;
        if file.digest() != *digest {
            let text = format!("`{verified}` has changed since it was fetched");
            return Err(io::Error::other(text));
        }
        match self.store.land_blob(&file) {
            Ok(_) => Ok(()),
            Err(StoreError::Io(error)) => Err(error.source),
            Err(error) => Err(io::Error::other(error)),
        }
    }
}

/// Turns what is wrong with whom a run asks into events.
struct Remarks<'a>(&'a (dyn Fn(Event) + Sync));

impl Progress for Remarks<'_> {
    fn gave_up(&self, attempt: &Attempt) {
        let text = attempt.to_string();
        (self.0)(Event::Remark { text });
    }
}

/// Turns what a download tells into events.
struct Telling<'a> {
    job: JobId,
    file_name: &'a str,
    event: &'a (dyn Fn(Event) + Sync),
}

impl Telling<'_> {
    fn note(&self, text: String) {
        (self.event)(Event::Note { id: self.job, text });
    }
}

impl Progress for Telling<'_> {
    fn waiting(&self, on: Waiting) {
        if on == Waiting::OtherProcess {
            (self.event)(Event::Waiting { id: self.job });
        }
    }

    fn started(&self, place: &Shown) {
        let (file_name, origin) = (self.file_name.to_owned(), place.to_string());
        (self.event)(Event::Downloading {
            id: self.job,
            file_name,
            origin,
        });
    }

    fn bytes(&self, done: u64, total: Option<u64>) {
        (self.event)(Event::Downloaded {
            id: self.job,
            bytes: done,
            total,
        });
    }

    fn retry(&self, place: &Shown, reason: &Reason, wait: Duration) {
        self.note(format!(
            "{place}: {reason}; trying again in {} s",
            wait.as_secs_f32()
        ));
    }

    fn gave_up(&self, attempt: &Attempt) {
        self.note(attempt.to_string());
    }
}
