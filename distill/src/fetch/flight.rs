//! Within this process: one download of a digest at a time, no second try of what failed, and not
//! too many at once.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::error::FetchError;
use super::progress::{Progress, Waiting};
use super::retry::{TICK, check};
use crate::plan::Digest;

#[derive(Debug, Default)]
struct State {
    running: usize,
    digests: HashMap<Digest, Flight>,
}

#[derive(Debug)]
enum Flight {
    Underway,
    Failed(FetchError),
}

/// All downloads of this process.
#[derive(Debug, Default)]
pub(super) struct Flights {
    state: Mutex<State>,
    changed: Condvar,
}

/// The right to fetch one digest.
pub(super) struct Slot<'a> {
    flights: &'a Flights,
    digest: Digest,
}

/// The right to use the network now.
pub(super) struct Turn<'a>(&'a Flights);

impl Flights {
    /// Waits until nobody else fetches `digest`; fails if somebody did and failed.
    pub(super) fn enter(
        &self,
        digest: Digest,
        cancel: &AtomicBool,
        progress: &dyn Progress,
    ) -> Result<Slot<'_>, FetchError> {
        let mut state = self.wait_while(cancel, progress, Waiting::SameDownload, |state| {
            matches!(state.digests.get(&digest), Some(Flight::Underway))
        })?;
        if let Some(Flight::Failed(error)) = state.digests.get(&digest) {
            return Err(error.clone());
        }
        state.digests.insert(digest, Flight::Underway);
        Ok(Slot {
            flights: self,
            digest,
        })
    }

    /// Waits until fewer than `limit` downloads run.
    pub(super) fn turn(
        &self,
        limit: usize,
        cancel: &AtomicBool,
        progress: &dyn Progress,
    ) -> Result<Turn<'_>, FetchError> {
        let full = |state: &State| state.running >= limit.max(1);
        let mut state = self.wait_while(cancel, progress, Waiting::Turn, full)?;
        state.running += 1;
        Ok(Turn(self))
    }

    fn wait_while(
        &self,
        cancel: &AtomicBool,
        progress: &dyn Progress,
        on: Waiting,
        blocked: impl Fn(&State) -> bool,
    ) -> Result<MutexGuard<'_, State>, FetchError> {
        let mut state = self.lock();
        if blocked(&state) {
            progress.waiting(on);
        }
        while blocked(&state) {
            check(cancel)?;
            let waited = self.changed.wait_timeout(state, 2 * TICK);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(state)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is whole between any two statements, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot<'_> {
    /// Remembers that this digest cannot be had.
    pub(super) fn fail(self, error: &FetchError) {
        let failed = Flight::Failed(error.clone());
        self.flights.lock().digests.insert(self.digest, failed);
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let mut state = self.flights.lock();
        if let Some(Flight::Underway) = state.digests.get(&self.digest) {
            state.digests.remove(&self.digest);
        }
        self.flights.changed.notify_all();
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.lock().running -= 1;
        self.0.changed.notify_all();
    }
}
