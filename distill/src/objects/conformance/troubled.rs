//! A backend with troubles, for tests of those who ask.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::super::{
    Answer, Backend, BackendError, Content, Contents, Found, Outgoing, Record, Records,
};
use crate::plan::{PlanHash, Resolved};

/// What is wrong with a backend.
#[derive(Debug, Clone, Copy, Default)]
pub struct Trouble {
    /// How long each call takes.
    pub delay: Duration,
    /// Each call of this number fails: of 1 all, of 2 every other one, of 0 none.
    pub fails: usize,
    /// Each content of this number is gone when it is read, though it was said to be here: of 1 all.
    pub loses: usize,
}

/// A backend that is slow, fails, and loses things, as far as [`Trouble`] says.
#[derive(Debug)]
pub struct Troubled<B> {
    backend: B,
    trouble: Trouble,
    calls: AtomicUsize,
    reads: AtomicUsize,
}

impl<B> Troubled<B> {
    /// `backend`, with troubles.
    pub fn new(backend: B, trouble: Trouble) -> Troubled<B> {
        Troubled {
            backend,
            trouble,
            calls: AtomicUsize::new(0),
            reads: AtomicUsize::new(0),
        }
    }

    /// The backend without its troubles.
    pub fn backend(&self) -> &B {
        &self.backend
    }

    /// How many calls there were.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    fn call(&self) -> Result<(), BackendError> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        std::thread::sleep(self.trouble.delay);
        match is_due(number, self.trouble.fails) {
            true => Err(BackendError::Other("it fails on purpose".to_owned())),
            false => Ok(()),
        }
    }

    fn is_lost(&self) -> bool {
        let number = self.reads.fetch_add(1, Ordering::SeqCst) + 1;
        is_due(number, self.trouble.loses)
    }
}

fn is_due(number: usize, every: usize) -> bool {
    every > 0 && number.is_multiple_of(every)
}

impl<B: Backend> Backend for Troubled<B> {
    fn name(&self) -> String {
        format!("troubled {}", self.backend.name())
    }
}

impl<B: Contents> Contents for Troubled<B> {
    fn missing(&self, wanted: &[Content]) -> Result<BTreeSet<Content>, BackendError> {
        self.call()?;
        self.backend.missing(wanted)
    }

    fn read(&self, wanted: &[Content]) -> Result<BTreeMap<Content, Found>, BackendError> {
        self.call()?;
        let mut found = self.backend.read(wanted)?;
        found.retain(|_, _| !self.is_lost());
        Ok(found)
    }

    fn write(&self, contents: Vec<Outgoing<'_>>) -> Result<(), BackendError> {
        self.call()?;
        self.backend.write(contents)
    }
}

impl<B: Records> Records for Troubled<B> {
    fn look_up(&self, plans: &[PlanHash]) -> Result<BTreeMap<PlanHash, Answer>, BackendError> {
        self.call()?;
        self.backend.look_up(plans)
    }

    fn record(&self, records: &[(&Resolved, &Record)]) -> Result<(), BackendError> {
        self.call()?;
        self.backend.record(records)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{contents, records};
    use super::*;
    use crate::objects::Memory;

    #[test]
    fn one_that_is_only_slow_is_still_what_a_backend_has_to_be() {
        let delay = Duration::from_millis(1);
        let slow = || {
            let trouble = Trouble {
                delay,
                ..Trouble::default()
            };
            Troubled::new(Memory::default(), trouble)
        };
        contents(slow);
        records(slow);
    }

    /// The suites find out what they are for.
    #[test]
    fn one_that_fails_or_loses_things_is_found_out() {
        let troubles = [(1, 0), (3, 0), (0, 1), (0, 7)];
        for (fails, loses) in troubles {
            let troubled = move || {
                let trouble = Trouble {
                    fails,
                    loses,
                    ..Trouble::default()
                };
                Troubled::new(Memory::default(), trouble)
            };
            assert!(std::panic::catch_unwind(|| contents(troubled)).is_err());
            if fails > 0 {
                assert!(std::panic::catch_unwind(|| records(troubled)).is_err());
            }
        }
    }
}
