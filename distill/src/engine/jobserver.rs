//! GNU make's job server for all builds of a process: ten packages in parallel use N cores, not ten
//! times N.
//!
//! The protocol is make's (GNU make manual, "POSIX Jobserver Interaction"): a FIFO that holds a byte per
//! slot that may be taken. Every running build has one slot, and what runs below it takes more from the
//! FIFO of that build. No two builds share a FIFO, so none can tell another anything, take what is
//! another's or leave the next one short: what a build was given comes back when it ends, whatever it did.
//!
//! | a slot is | counted in |
//! |---|---|
//! | free: nobody has it | [`State::free`] |
//! | held by a build that runs | one for each [`Slot`] |
//! | given to a build: it lies in the FIFO, or something below the build has taken it | [`Given::count`] |
//!
//! The three sum up to the number of slots at any time.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use camino::Utf8Path;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::Mode;

use super::cancel::Cancel;
use crate::store::io::{At as _, IoError};

/// How often it is looked for slots that lie in one FIFO while somebody else waits for one: a FIFO does
/// not tell when its last byte was read. Short against a compiler, long against a system call.
const INTERVAL: Duration = Duration::from_millis(20);

/// So many slots for the builds of a process.
#[derive(Debug)]
pub struct Jobserver {
    shared: Arc<Shared>,
    dealer: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    free: usize,
    /// How many builds wait for a slot to begin with.
    waiting: usize,
    /// By the number of the slot that its build holds.
    builds: BTreeMap<u64, Given>,
    next: u64,
    closed: bool,
}

/// The slots that a build has beside its own.
#[derive(Debug)]
struct Given {
    fifo: File,
    count: usize,
}

/// A slot; given back when dropped, with all that its build was given.
#[derive(Debug)]
pub struct Slot<'a> {
    server: &'a Jobserver,
    number: u64,
}

impl Jobserver {
    /// A job server of `slots` slots.
    pub fn start(slots: usize) -> std::io::Result<Jobserver> {
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                free: slots,
                waiting: 0,
                builds: BTreeMap::new(),
                next: 0,
                closed: false,
            }),
            changed: Condvar::new(),
        });
        let deal = Arc::clone(&shared);
        let dealer = std::thread::Builder::new()
            .name("job server".to_owned())
            .spawn(move || deal.run())?;
        Ok(Jobserver {
            shared,
            dealer: Some(dealer),
        })
    }

    /// Waits for a slot; nothing if stopped meanwhile.
    pub fn acquire(&self, cancel: &Cancel) -> Option<Slot<'_>> {
        let mut state = self.shared.lock();
        state.waiting += 1;
        self.shared.changed.notify_all();
        while !cancel.is_cancelled() {
            if state.free > 0 {
                state.waiting -= 1;
                state.free -= 1;
                state.next += 1;
                let number = state.next;
                return Some(Slot {
                    server: self,
                    number,
                });
            }
            state = self.shared.wait(state, Some(INTERVAL));
        }
        state.waiting -= 1;
        None
    }
}

impl Drop for Jobserver {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
        if let Some(dealer) = self.dealer.take() {
            let _ = dealer.join();
        }
    }
}

impl Slot<'_> {
    /// Makes a FIFO at `path`, which must not exist, from which what runs below the build can take
    /// further slots.
    pub fn share(&self, path: &Utf8Path) -> Result<(), IoError> {
        nix::unistd::mkfifo(path.as_std_path(), Mode::from_bits_truncate(0o600))
            .at("create", path)?;
        let fifo = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(nix::libc::O_NONBLOCK)
            .open(path)
            .at("open", path)?;
        let mut state = self.server.shared.lock();
        state.builds.insert(self.number, Given { fifo, count: 0 });
        state.balance();
        self.server.shared.changed.notify_all();
        Ok(())
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let mut state = self.server.shared.lock();
        let given = state.builds.remove(&self.number);
        state.free += 1 + given.map_or(0, |given| given.count);
        state.balance();
        self.server.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(
        &self,
        state: MutexGuard<'a, State>,
        limit: Option<Duration>,
    ) -> MutexGuard<'a, State> {
        match limit {
            None => self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner),
            Some(limit) => {
                let waited = self.changed.wait_timeout(state, limit);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }

    /// Deals again and again, as long as more than one wants slots.
    fn run(&self) {
        let mut state = self.lock();
        while !state.closed {
            let contended = state.waiting > 0 || state.builds.len() > 1;
            state = self.wait(state, contended.then_some(INTERVAL));
            if state.balance() {
                self.changed.notify_all();
            }
        }
    }
}

impl State {
    /// If there is somebody who has nothing (a build that waits for its first slot, or one whose FIFO is
    /// empty), takes back what lies in the FIFOs of others and deals it anew.
    fn balance(&mut self) -> bool {
        let hungry = self.hungry();
        if self.waiting == 0 && hungry.is_empty() {
            return false;
        }
        let others = self
            .builds
            .iter_mut()
            .filter(|(number, _)| !hungry.contains(number));
        self.free += others.map(|(_, given)| given.take_back()).sum::<usize>();
        let some = self.free > 0;
        self.deal(&hungry);
        some
    }

    /// Gives every free slot away, in turn, to the hungry ones first; unless a build waits to begin.
    fn deal(&mut self, hungry: &BTreeSet<u64>) {
        self.deal_to(|number| hungry.contains(number));
        while self.deal_to(|_| true) {}
    }

    /// Gives a slot to each of some builds, as far as there are any; whether somebody got one.
    fn deal_to(&mut self, among: impl Fn(&u64) -> bool) -> bool {
        let before = self.free;
        for (_, given) in self.builds.iter_mut().filter(|(number, _)| among(number)) {
            if self.free > self.waiting && given.give() {
                self.free -= 1;
            }
        }
        self.free < before
    }

    /// The builds in whose FIFO there is nothing.
    fn hungry(&self) -> BTreeSet<u64> {
        let files = self.builds.values().map(|given| given.fifo.as_fd());
        let mut waited: Vec<_> = files.map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
        let _ = poll(&mut waited, PollTimeout::ZERO);
        let empty = |fd: &PollFd<'_>| fd.any() != Some(true);
        let all = self.builds.keys().copied().zip(waited.iter().map(empty));
        all.filter_map(|(number, empty)| empty.then_some(number))
            .collect()
    }
}

impl Given {
    /// One more; false if the build has filled its FIFO.
    fn give(&mut self) -> bool {
        let given = matches!((&self.fifo).write(b"+"), Ok(1));
        self.count += usize::from(given);
        given
    }

    /// Empties the FIFO. What the build has put into it beyond what it was given does not count.
    fn take_back(&mut self) -> usize {
        let mut found = 0;
        while let Ok(count @ 1..) = (&self.fifo).read(&mut [0; 256]) {
            found += count;
        }
        let taken = found.min(self.count);
        self.count -= taken;
        taken
    }
}

/// How many processors this process may use: its affinity, and the quota of its control group.
pub fn cpus() -> usize {
    // The standard library looks at both (since 1.59 and 1.64), in half a dozen files: once is enough.
    static CPUS: OnceLock<usize> = OnceLock::new();
    *CPUS.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use camino::Utf8PathBuf;

    use super::*;

    /// A build that has a slot and a FIFO.
    struct Build<'a> {
        slot: Slot<'a>,
        fifo: File,
    }

    fn build<'a>(server: &'a Jobserver, directory: &tempfile::TempDir) -> Build<'a> {
        let slot = server.acquire(&Cancel::default()).unwrap();
        let path = directory.path().join(slot.number.to_string());
        let path = Utf8PathBuf::from_path_buf(path).unwrap();
        slot.share(&path).unwrap();
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true);
        let fifo = options.custom_flags(nix::libc::O_NONBLOCK).open(path);
        Build {
            slot,
            fifo: fifo.unwrap(),
        }
    }

    impl Build<'_> {
        /// Takes a slot as `make` does, if it comes soon.
        fn take(&self) -> bool {
            let begin = Instant::now();
            while begin.elapsed() < Duration::from_millis(500) {
                if matches!((&self.fifo).read(&mut [0]), Ok(1)) {
                    return true;
                }
                std::thread::sleep(Duration::from_millis(1));
            }
            false
        }

        fn take_all(&self) -> usize {
            std::iter::from_fn(|| self.take().then_some(())).count()
        }

        fn put(&self, count: usize) {
            (&self.fifo).write_all(&vec![b'!'; count]).unwrap();
        }
    }

    #[test]
    fn a_build_that_is_alone_has_all() {
        let directory = tempfile::tempdir().unwrap();
        let server = Jobserver::start(4).unwrap();
        let one = build(&server, &directory);
        assert_eq!(one.take_all(), 3);
        drop(one);
        assert_eq!(build(&server, &directory).take_all(), 3);
    }

    #[test]
    fn a_second_build_begins_when_the_first_gives_something_back() {
        let directory = tempfile::tempdir().unwrap();
        let server = Jobserver::start(2).unwrap();
        let one = build(&server, &directory);
        assert!(one.take());
        let stopped = Cancel::default();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| server.acquire(&stopped).is_some());
            std::thread::sleep(Duration::from_millis(50));
            stopped.cancel();
            assert!(!waiting.join().unwrap(), "there was no second slot");
        });
        one.put(1);
        let two = build(&server, &directory);
        drop(one.slot);
        assert!(two.take());
    }

    #[test]
    fn what_one_does_not_take_another_gets() {
        let directory = tempfile::tempdir().unwrap();
        let server = Jobserver::start(6).unwrap();
        let (_idle, busy) = (build(&server, &directory), build(&server, &directory));
        assert_eq!(busy.take_all(), 4);
    }

    #[test]
    fn what_was_given_comes_back_whatever_a_build_did() {
        let directory = tempfile::tempdir().unwrap();
        let server = Jobserver::start(4).unwrap();
        let thief = build(&server, &directory);
        assert_eq!(thief.take_all(), 3);
        drop(thief);
        let forger = build(&server, &directory);
        forger.put(1000);
        let other = build(&server, &directory);
        assert!(other.take_all() <= 2, "forged slots reached another build");
        drop((forger, other));
        let (one, two) = (build(&server, &directory), build(&server, &directory));
        assert_eq!(one.take_all() + two.take_all(), 2);
    }

    #[test]
    fn nothing_that_a_build_writes_reaches_another() {
        let directory = tempfile::tempdir().unwrap();
        let server = Jobserver::start(4).unwrap();
        let (one, two) = (build(&server, &directory), build(&server, &directory));
        one.take_all();
        (&one.fifo).write_all(b"secret").unwrap();
        let mut read = Vec::new();
        while two.take() {
            read.push(b'+');
        }
        let mut buffer = [0; 64];
        let count = (&two.fifo).read(&mut buffer).unwrap_or(0);
        assert!(!buffer[..count].contains(&b's'));
    }
}
