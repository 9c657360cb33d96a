//! Sources on their way into the store.

use std::io;
use std::time::Duration;

use camino::Utf8Path;

use super::cancel::Cancel;
use super::error::ExecuteError;
use super::event::{Event, JobId};
use crate::fetch::{Attempt, Destination, Fetcher, Progress, Reason, Waiting};
use crate::plan::{Digest, Object, Source};
use crate::store::{Store, StoreError};

/// Brings sources, and what caches hold, into the store.
pub trait Supplier: Sync {
    /// Brings `source` into the store, verified. Says how it gets on through `event`.
    fn supply(
        &self,
        job: JobId,
        source: &Source,
        event: &(dyn Fn(Event) + Sync),
    ) -> Result<Object, ExecuteError>;
}

/// Fetches what is missing.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// Where it lands.
    pub store: &'a Store,
    /// Fetches.
    pub fetcher: &'a Fetcher,
    /// The wish to stop.
    pub cancel: &'a Cancel,
}

impl Supplier for Sources<'_> {
    fn supply(
        &self,
        job: JobId,
        source: &Source,
        event: &(dyn Fn(Event) + Sync),
    ) -> Result<Object, ExecuteError> {
        let telling = Telling {
            job,
            file_name: &source.file_name,
            event,
        };
        self.fetcher
            .fetch(source, self.store, self.cancel.flag(), &telling)?;
        Ok(Object::Blob(source.digest))
    }
}

impl Destination for Store {
    fn has(&self, digest: &Digest) -> bool {
        Store::has(self, &Object::Blob(*digest))
    }

    fn keep(&self, digest: &Digest, verified: &Utf8Path) -> io::Result<()> {
        match self.land_blob(verified, *digest) {
            Ok(_) => Ok(()),
            Err(StoreError::Io(error)) => Err(error.source),
            Err(error) => Err(io::Error::other(error)),
        }
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

    fn started(&self, place: &str) {
        let (file_name, origin) = (self.file_name.to_owned(), place.to_owned());
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

    fn retry(&self, place: &str, reason: &Reason, wait: Duration) {
        self.note(format!(
            "{place}: {reason}; trying again in {} s",
            wait.as_secs_f32()
        ));
    }

    fn gave_up(&self, attempt: &Attempt) {
        self.note(attempt.to_string());
    }
}
