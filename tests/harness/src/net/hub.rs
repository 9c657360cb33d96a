//! What repeats frames.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A frame, which many may have.
pub(crate) type Frame = Arc<[u8]>;

/// How many frames wait for one who is slow; more are lost, as they are on a real network.
const QUEUE: usize = 4096;

/// Repeats each frame to everybody but its sender.
#[derive(Debug, Default)]
pub(crate) struct Hub(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    plugs: BTreeMap<u64, SyncSender<Frame>>,
    next: u64,
    divided: bool,
}

/// One who is on the network; no longer when this is dropped.
#[derive(Debug)]
pub(crate) struct Plug {
    hub: Arc<Hub>,
    number: u64,
}

impl Hub {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody new, and what that one hears.
    pub(crate) fn plug(self: &Arc<Hub>) -> (Plug, Receiver<Frame>) {
        let (sender, receiver) = sync_channel(QUEUE);
        let mut state = self.state();
        let number = state.next;
        state.next += 1;
        state.plugs.insert(number, sender);
        let hub = Arc::clone(self);
        (Plug { hub, number }, receiver)
    }

    pub(crate) fn divide(&self, divided: bool) {
        self.state().divided = divided;
    }
}

impl Plug {
    /// Tells the others.
    pub(crate) fn send(&self, frame: &Frame) {
        let state = self.hub.state();
        let others = state
            .plugs
            .iter()
            .filter(|(number, _)| **number != self.number && !state.divided);
        for (_, plug) in others {
            // Who is gone or too slow misses it.
            let _ = plug.try_send(Arc::clone(frame));
        }
    }
}

impl Drop for Plug {
    fn drop(&mut self) {
        self.hub.state().plugs.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_others_hear_and_nobody_else() {
        let hub = Arc::<Hub>::default();
        let (one, one_hears) = hub.plug();
        let (two, two_hears) = hub.plug();
        one.send(&[1].into());
        assert_eq!(*two_hears.try_recv().unwrap(), [1]);
        assert!(one_hears.try_recv().is_err());
        hub.divide(true);
        two.send(&[2].into());
        assert!(one_hears.try_recv().is_err());
        hub.divide(false);
        two.send(&[3].into());
        assert_eq!(*one_hears.try_recv().unwrap(), [3]);
        drop(two);
        assert!(two_hears.recv().is_err());
    }
}
