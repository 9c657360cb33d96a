//! One download: caches first, then every origin, until the bytes are right.

use std::fs::File;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use camino::Utf8Path;
use reqwest::Url;

use super::address::{Address, Shown};
use super::cache::{Looked, late};
use super::error::{Attempt, FetchError, Reason};
use super::http::{Resume, Trust};
use super::partial::Partial;
use super::place::{self, Place};
use super::progress::Progress;
use super::retry::{self, back_off};
use super::shared::Shared;
use super::stop::Stop;
use crate::objects::Found;
use crate::plan::{Digest, Source};

/// How many new bytes make a failed attempt one that got on: it does not count.
const GOT_ON: u64 = 64 * 1024;

/// The state of one download.
pub(super) struct Download<'a> {
    shared: &'a Arc<Shared>,
    source: &'a Source,
    cancel: &'a AtomicBool,
    progress: &'a dyn Progress,
    partial: Partial,
    validator: Option<(Url, String)>,
    attempts: Vec<Attempt>,
}

/// A place that is still to be tried.
struct Pending {
    place: Place,
    tries: u32,
    due: Instant,
}

impl<'a> Download<'a> {
    pub(super) fn new(
        shared: &'a Arc<Shared>,
        source: &'a Source,
        partial: Partial,
        cancel: &'a AtomicBool,
        progress: &'a dyn Progress,
    ) -> Download<'a> {
        Download {
            shared,
            source,
            cancel,
            progress,
            partial,
            validator: None,
            attempts: Vec::new(),
        }
    }

    /// Gets the bytes. Tells where from, and where they are.
    pub(super) fn run(mut self) -> Result<(Shown, Partial), FetchError> {
        if self.partial.is_complete() {
            let path = Shown::from(self.partial.path().as_str());
            return Ok((path, self.partial));
        }
        let from = match self.ask_caches()? {
            Some(name) => Some(name),
            None => self.try_origins()?,
        };
        match from {
            Some(from) => Ok((from, self.partial)),
            None => Err(FetchError::Unavailable {
                file_name: self.source.file_name.clone(),
                digest: self.source.digest,
                attempts: self.attempts.into(),
            }),
        }
    }

    fn ask_caches(&mut self) -> Result<Option<Shown>, FetchError> {
        let (shared, asker) = (self.shared, self.shared.asker(self.cancel, self.progress));
        for (index, looked) in shared.caches.look(self.source.digest.into(), asker) {
            retry::check(self.cancel)?;
            let place = shared.caches.name(index).clone();
            let reason = match looked {
                // That a cache lacks something is no event, but a failed fetch tells of it.
                Looked::Absent => {
                    let reason = Reason::Absent;
                    self.attempts.push(Attempt { place, reason });
                    continue;
                }
                Looked::Unanswered(reason) => {
                    self.attempts.push(Attempt { place, reason });
                    continue;
                }
                Looked::Found(found) => {
                    self.progress.started(&place);
                    match self.take(index, found) {
                        Ok(()) => return Ok(Some(place)),
                        Err(Stop::Fatal(error)) => return Err(error),
                        Err(Stop::Failed(reason)) => reason,
                        Err(Stop::Stale) => unasked_part(),
                    }
                }
            };
            self.give_up(place, reason);
        }
        Ok(None)
    }

    fn take(&mut self, cache: usize, found: Found) -> Result<(), Stop> {
        if let Found::Url(url) = found {
            let place = place::parse(&Address::from(url)).map_err(|attempt| attempt.reason)?;
            return self.attempt(&place);
        }
        let shared = self.shared;
        match shared.lend(cache, found, self.cancel)? {
            Some(mut bytes) => self.copy(&mut bytes),
            None => Err(Reason::Absent.into()),
        }
    }

    /// Tries all places once, and those whose failure may pass again, each when it is due.
    fn try_origins(&mut self) -> Result<Option<Shown>, FetchError> {
        let mut pending = self.pending();
        while let Some(index) = next_due(&pending) {
            let mut next = pending.remove(index);
            retry::sleep(next.due, self.cancel)?;
            let before = self.partial.len();
            self.progress.started(&next.place.shown());
            let reason = match self.attempt(&next.place) {
                Ok(()) => return Ok(Some(next.place.shown())),
                Err(Stop::Fatal(error)) => return Err(error),
                Err(Stop::Failed(reason)) => reason,
                Err(Stop::Stale) => unasked_part(),
            };
            let got_on = self.partial.len() >= before + GOT_ON;
            next.tries = if got_on { 1 } else { next.tries + 1 };
            match self.wait(&reason, next.tries) {
                Some(wait) => {
                    self.progress.retry(&next.place.shown(), &reason, wait);
                    next.due = Instant::now() + wait;
                    pending.push(next);
                }
                None => self.give_up(next.place.shown(), reason),
            }
        }
        Ok(None)
    }

    /// All places in order; those on hosts that nobody could reach in this run come last, and are
    /// tried once.
    fn pending(&mut self) -> Vec<Pending> {
        let settings = &self.shared.settings;
        let (places, failed) = place::places(&self.source.origins, settings);
        for attempt in failed {
            self.give_up(attempt.place, attempt.reason);
        }
        let (dead, alive): (Vec<_>, Vec<_>) = places
            .into_iter()
            .partition(|place| self.shared.is_dead(place));
        let due = Instant::now();
        let new = |tries| move |place| Pending { place, tries, due };
        let once = settings.retry.attempts.saturating_sub(1);
        let alive = alive.into_iter().map(new(0));
        alive.chain(dead.into_iter().map(new(once))).collect()
    }

    /// How long to wait before the next try, if there should be one.
    fn wait(&self, reason: &Reason, tries: u32) -> Option<Duration> {
        let retry = &self.shared.settings.retry;
        if !reason.may_pass() || tries >= retry.attempts {
            return None;
        }
        let asked = match reason {
            Reason::Status { retry_after, .. } => retry_after.unwrap_or_default(),
            _ => Duration::ZERO,
        };
        (asked <= retry.longest_wait).then(|| asked.max(back_off(retry, tries)))
    }

    fn give_up(&mut self, place: Shown, reason: Reason) {
        let attempt = Attempt { place, reason };
        self.progress.gave_up(&attempt);
        self.attempts.push(attempt);
    }

    fn attempt(&mut self, place: &Place) -> Result<(), Stop> {
        match place {
            Place::File(path) => self.copy_file(path),
            Place::Url(_) if self.shared.settings.offline => Err(Reason::Offline.into()),
            Place::Url(url) => {
                let _turn = self.shared.turn(self.cancel, self.progress)?;
                let outcome = self.get(url);
                self.shared.remember(url, &outcome);
                outcome
            }
        }
    }

    /// Goes on from what is here or, if that leads nowhere, begins again.
    fn get(&mut self, url: &Url) -> Result<(), Stop> {
        match self.go_on(url) {
            Err(Stop::Stale) => {
                self.restart()?;
                self.go_on(url)
            }
            outcome => outcome,
        }
    }

    fn go_on(&mut self, url: &Url) -> Result<(), Stop> {
        let offset = self.partial.len();
        // The pin decides, so that it does not matter over what the bytes come.
        let http = self.shared.http(Trust::Pin)?;
        let answer = http.get(url, &self.resume(url))?;
        let head = match answer.head(self.cancel) {
            // It does not understand what it was asked for: it gets no part of the file to go on from.
            Err(Stop::Failed(Reason::Status { status: 416, .. } | Reason::UnnamedPart))
                if offset > 0 =>
            {
                return Err(Stop::Stale);
            }
            head => head?,
        };
        if head.start == 0 {
            self.restart()?;
        } else if head.start != offset {
            return Err(Stop::Stale);
        }
        self.validator = head.validator.map(|validator| (url.clone(), validator));
        self.progress.bytes(self.partial.len(), head.total);
        while let Some(bytes) = answer.bytes(self.cancel)? {
            self.append(&bytes)?;
            self.progress.bytes(self.partial.len(), head.total);
        }
        match self.verify() {
            Err(Stop::Failed(Reason::Mismatch { .. })) if head.start > 0 => Err(Stop::Stale),
            outcome => outcome,
        }
    }

    fn resume(&self, url: &Url) -> Resume {
        let same = |(of, validator): &(Url, String)| (of == url).then(|| validator.clone());
        Resume {
            offset: self.partial.len(),
            validator: self.validator.as_ref().and_then(same),
        }
    }

    fn copy_file(&mut self, path: &Utf8Path) -> Result<(), Stop> {
        let mut file = File::open(path).map_err(|error| Reason::File(error.to_string()))?;
        self.copy(&mut file)
    }

    fn copy(&mut self, from: &mut dyn Read) -> Result<(), Stop> {
        self.restart()?;
        let mut buffer = vec![0; 256 * 1024];
        loop {
            retry::check(self.cancel)?;
            let read = from.read(&mut buffer);
            let count = read.map_err(|error| match late(&error) {
                Some(limit) => Reason::Silent(limit),
                None => Reason::File(error.to_string()),
            })?;
            if count == 0 {
                return self.verify();
            }
            self.append(&buffer[..count])?;
            self.progress.bytes(self.partial.len(), None);
        }
    }

    /// Refuses and forgets wrong bytes.
    fn verify(&mut self) -> Result<(), Stop> {
        let (got, expected): (Digest, Digest) = (self.partial.digest(), self.source.digest);
        if got == expected {
            return Ok(());
        }
        self.restart()?;
        Err(Reason::Mismatch { expected, got }.into())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        let appended = self.partial.append(bytes);
        appended.map_err(|error| FetchError::disk(self.partial.path(), error))
    }

    fn restart(&mut self) -> Result<(), FetchError> {
        let restarted = self.partial.restart();
        restarted.map_err(|error| FetchError::disk(self.partial.path(), error))
    }
}

/// The first of those that are due first.
fn next_due(pending: &[Pending]) -> Option<usize> {
    (0..pending.len()).min_by_key(|index| pending[*index].due)
}

/// A server that sends the middle of a file when asked for its beginning.
fn unasked_part() -> Reason {
    Reason::Broken("sent another part than asked for".to_owned())
}
