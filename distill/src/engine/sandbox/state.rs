//! What the processes of a sandbox report, through memory that they share with the builder.

use std::ffi::c_int;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicI32, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use nix::errno::Errno;

use super::sys;

/// Written by the sandbox's first two processes, read by the threads that wait for them.
#[derive(Debug)]
pub(super) struct State {
    phase: AtomicU32,
    step: AtomicU32,
    errno: AtomicI32,
    /// Wait status of the program.
    status: AtomicI32,
    /// Descriptor of process 1.
    pub(super) pidfd: OnceLock<Arc<OwnedFd>>,
    /// KiB: the most that the builder itself had in memory when it started the program.
    floor: AtomicI64,
    /// KiB: the most that one process of the sandbox had in memory.
    peak: AtomicI64,
    /// The counters of the network namespace, if they are what they were before; else 0.
    untouched_network: AtomicU64,
}

/// The setup is under way.
const STARTING: u32 = 0;
/// The program was executed, or the setup done where there is no program.
const RUNNING: u32 = 1;
/// A step failed: `step` and `errno` say which and why.
const FAILED: u32 = 2;
/// The program ended: `status` says how.
const ENDED: u32 = 3;
/// Process 1 was killed before it could say anything.
const LOST: u32 = 4;

/// The step that [`Started::Failed`] names when process 1 itself could not be made.
pub(super) const NO_CHILD: usize = u32::MAX as usize;

/// How a start went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Started {
    /// The program runs.
    Running,
    /// This step, counted over setup, launch and execution, failed.
    Failed(usize, Errno),
    /// Process 1 was killed.
    Lost,
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            phase: AtomicU32::new(STARTING),
            step: AtomicU32::new(0),
            errno: AtomicI32::new(0),
            status: AtomicI32::new(0),
            pidfd: OnceLock::new(),
            floor: AtomicI64::new(0),
            peak: AtomicI64::new(0),
            untouched_network: AtomicU64::new(0),
        }
    }

    /// Sleep until the program has been started, or could not be.
    pub(super) fn wait_started(&self) -> Started {
        loop {
            match self.phase.load(Ordering::Acquire) {
                STARTING => sys::futex_wait(&self.phase, STARTING),
                FAILED => {
                    let errno = Errno::from_raw(self.errno.load(Ordering::Relaxed));
                    return Started::Failed(self.step.load(Ordering::Relaxed) as usize, errno);
                }
                LOST => return Started::Lost,
                _ => return Started::Running,
            }
        }
    }

    pub(super) fn running(&self) {
        self.enter(RUNNING);
    }

    pub(super) fn failed(&self, step: usize, errno: c_int) {
        self.note(step, errno);
        self.enter(FAILED);
    }

    /// Note a failure that another process will report.
    pub(super) fn note(&self, step: usize, errno: c_int) {
        self.step
            .store(u32::try_from(step).unwrap_or(u32::MAX), Ordering::Relaxed);
        self.errno.store(errno, Ordering::Relaxed);
    }

    /// Report a failure that another process has noted, if it has.
    pub(super) fn noted_failure(&self) -> bool {
        let failed = self.errno.load(Ordering::Relaxed) != 0;
        if failed {
            self.enter(FAILED);
        }
        failed
    }

    pub(super) fn note_floor(&self, kib: i64) {
        self.floor.store(kib, Ordering::Relaxed);
    }

    /// A network namespace whose counters happen to be 0 counts as one that was used.
    pub(super) fn note_network(&self, untouched: Option<u64>) {
        self.untouched_network
            .store(untouched.unwrap_or(0), Ordering::Relaxed);
    }

    /// The counters of the network namespace, if they are what they were; nothing where process 1 was
    /// killed before it could look.
    pub(super) fn untouched_network(&self) -> Option<u64> {
        let counters = self.untouched_network.load(Ordering::Relaxed);
        (counters != 0).then_some(counters)
    }

    pub(super) fn ended(&self, status: c_int, peak: i64) {
        self.status.store(status, Ordering::Relaxed);
        self.peak.store(peak, Ordering::Relaxed);
        self.enter(ENDED);
    }

    /// Process 1 is gone. If it could not report its start, do so.
    pub(super) fn gone(&self) {
        let _ = self
            .phase
            .compare_exchange(STARTING, LOST, Ordering::AcqRel, Ordering::Acquire);
        sys::futex_wake(&self.phase);
    }

    /// The program's wait status, once it ended by itself.
    pub(super) fn status(&self) -> Option<c_int> {
        let ended = self.phase.load(Ordering::Acquire) == ENDED;
        ended.then(|| self.status.load(Ordering::Relaxed))
    }

    /// Bytes. The kernel counts in, for a process, what it had in memory before it executed its
    /// program. Before that the program's process shared the builder's memory, so only what exceeds
    /// that is known to be its own. The slack is for pages that the builder touched in between.
    pub(super) fn max_rss(&self) -> Option<u64> {
        let (peak, floor) = (
            self.peak.load(Ordering::Relaxed),
            self.floor.load(Ordering::Relaxed),
        );
        (peak > floor + 1024).then(|| u64::try_from(peak).unwrap_or(0) * 1024)
    }

    fn enter(&self, phase: u32) {
        self.phase.store(phase, Ordering::Release);
        sys::futex_wake(&self.phase);
    }
}
