//! Ending everything that runs, at once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::sandbox::Killer;

/// A wish to stop, shared by everything that runs: set once, never taken back.
#[derive(Clone, Default)]
pub struct Cancel(Arc<Inner>);

#[derive(Default)]
struct Inner {
    wanted: AtomicBool,
    killers: Mutex<(u64, HashMap<u64, Killer>)>,
}

/// A sandbox that is killed when the wish comes, as long as this is not dropped.
pub(super) struct Registration {
    cancel: Cancel,
    key: u64,
}

impl Cancel {
    /// Stops everything: running sandboxes are killed, nothing new starts.
    pub fn cancel(&self) {
        self.0.wanted.store(true, Ordering::SeqCst);
        let killers = self
            .0
            .killers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        killers.1.values().for_each(Killer::kill);
    }

    /// Whether to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.wanted.load(Ordering::SeqCst)
    }

    /// The wish itself, for who can only look at it.
    pub fn flag(&self) -> &AtomicBool {
        &self.0.wanted
    }

    pub(super) fn register(&self, killer: Killer) -> Registration {
        let mut killers = self
            .0
            .killers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if self.is_cancelled() {
            killer.kill();
        }
        killers.0 += 1;
        let key = killers.0;
        killers.1.insert(key, killer);
        Registration {
            cancel: self.clone(),
            key,
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut killers = self
            .cancel
            .0
            .killers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        killers.1.remove(&self.key);
    }
}
