//! Where events go, guarded: what takes them is not ours, and may panic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::cancel::Cancel;
use super::event::Event;

/// Passes events on until the receiver panics: from then on nothing is told, and the run is stopped. So
/// no panic of the receiver unwinds through what tells of events, which may hold locks and pipes.
pub(super) struct Sink<'a> {
    receiver: &'a (dyn Fn(Event) + Sync),
    cancel: &'a Cancel,
    panicked: Mutex<Option<String>>,
}

impl<'a> Sink<'a> {
    /// A sink that stops what `cancel` stops.
    pub(super) fn new(receiver: &'a (dyn Fn(Event) + Sync), cancel: &'a Cancel) -> Sink<'a> {
        Sink {
            receiver,
            cancel,
            panicked: Mutex::default(),
        }
    }

    pub(super) fn tell(&self, event: Event) {
        if self.panicked().is_some() {
            return;
        }
        let told = catch_unwind(AssertUnwindSafe(|| (self.receiver)(event)));
        if let Err(panic) = told {
            self.panicked().get_or_insert(message(&*panic));
            self.cancel.cancel();
        }
    }

    /// What the receiver said when it panicked, if it did.
    pub(super) fn into_panic(self) -> Option<String> {
        let panicked = self.panicked.into_inner();
        panicked.unwrap_or_else(PoisonError::into_inner)
    }

    fn panicked(&self) -> MutexGuard<'_, Option<String>> {
        self.panicked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a panic says.
pub(super) fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it did not say why".to_owned())
}
