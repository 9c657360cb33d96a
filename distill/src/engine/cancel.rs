//! Ending everything that runs, at once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::sandbox::Killer;

/// A wish to stop, shared by everything that runs: set once, never taken back.
#[derive(Clone, Default)]
pub struct Cancel(Arc<Inner>);

#[derive(Default)]
struct Inner {
    wanted: AtomicBool,
    dependents: Mutex<Dependents>,
}

/// What is stopped with it.
#[derive(Default)]
struct Dependents {
    next: u64,
    killers: HashMap<u64, Killer>,
    children: Vec<Weak<Inner>>,
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
        let dependents = self.dependents();
        dependents.killers.values().for_each(Killer::kill);
        let children = dependents.children.iter().filter_map(Weak::upgrade);
        children.for_each(|child| Cancel(child).cancel());
    }

    /// Whether to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.wanted.load(Ordering::SeqCst)
    }

    /// The wish itself, for who can only look at it.
    pub fn flag(&self) -> &AtomicBool {
        &self.0.wanted
    }

    /// A wish that comes with this one, and may come alone: a run that cannot go on stops what runs for
    /// it, and nobody else believes that the user wanted to stop.
    pub fn child(&self) -> Cancel {
        let child = Cancel::default();
        let mut dependents = self.dependents();
        if self.is_cancelled() {
            child.0.wanted.store(true, Ordering::SeqCst);
        }
        let children = &mut dependents.children;
        children.retain(|child| child.strong_count() > 0);
        children.push(Arc::downgrade(&child.0));
        child
    }

    pub(super) fn register(&self, killer: Killer) -> Registration {
        let mut dependents = self.dependents();
        if self.is_cancelled() {
            killer.kill();
        }
        dependents.next += 1;
        let key = dependents.next;
        dependents.killers.insert(key, killer);
        Registration {
            cancel: self.clone(),
            key,
        }
    }

    fn dependents(&self) -> MutexGuard<'_, Dependents> {
        let dependents = self.0.dependents.lock();
        dependents.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.cancel.dependents().killers.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_stops_with_its_parent_and_not_the_other_way() {
        let parent = Cancel::default();
        let (early, failed) = (parent.child(), parent.child());
        failed.cancel();
        assert!(failed.is_cancelled() && !parent.is_cancelled() && !early.is_cancelled());
        let grandchild = early.child();
        parent.cancel();
        assert!(early.is_cancelled() && grandchild.is_cancelled());
        assert!(parent.child().is_cancelled(), "also one that is born late");
    }
}
