//! From a [`Spec`] to a program that runs, and to how it ended.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::sys::signal::SigSet;
use nix::sys::wait::WaitStatus;
use nix::unistd::Pid;

use super::child::{self, Ended};
use super::error::SandboxError;
use super::job::{Caller, Job};
use super::spec::{Input, Io, Spec};
use super::state::{NO_CHILD, Started, State};
use super::{filter, layout, sys};

/// A program that runs in its sandbox. Dropping it kills everything in the sandbox.
#[derive(Debug)]
pub struct Running {
    /// Sleeps until the sandbox is gone. None once it has been joined.
    supervisor: Option<JoinHandle<Option<Ended>>>,
    killer: Killer,
}

/// Ends a sandbox from anywhere, at any time, also when it has ended already.
#[derive(Clone, Debug)]
pub struct Killer(Arc<OwnedFd>);

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// Its exit status.
    pub status: Status,
    /// What it and everything it started used.
    pub usage: Usage,
}

/// Exit status of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It ended by itself, with this code.
    Code(i32),
    /// This signal ended it. A sandbox that was killed ends with `SIGKILL`.
    Signal(i32),
}

/// What a program and everything it started used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Time in user mode, summed over processors.
    pub user: Duration,
    /// Time in the kernel, summed over processors.
    pub system: Duration,
    /// Bytes of memory of its largest process, at that one's peak. None if that is less than what
    /// the builder itself had in memory when it started the program, because the kernel counts that
    /// in; or if the sandbox was killed.
    pub max_rss: Option<u64>,
}

/// Start a program in a sandbox of its own.
///
/// On return the program has been executed. The host directories of the spec must exist; with
/// [`Method::Copy`](super::Method::Copy), [`populate`](super::populate) must have filled those on top of the stacks.
pub fn spawn(spec: &Spec, io: Io) -> Result<Running, SandboxError> {
    let prepare = |source| SandboxError::Prepare {
        program: spec.program.clone(),
        source,
    };
    spec.limits.check()?;
    layout::make_mount_points(spec)?;
    let launch = layout::launch(spec, &io.stdin)?;
    let streams = Streams::open(io).map_err(prepare)?;
    let caller = Caller::current();
    let job = Job {
        caller,
        new_network: layout::new_network(caller),
        old_network: layout::old_network(),
        setup: layout::setup(spec, caller)?,
        launch,
        exec: Some(layout::exec(spec)?),
        streams: streams.raw(),
        filter: &filter::PROGRAM,
    };
    forget_peak();
    start(job)
        .map_err(prepare)?
        .map_err(|failed| failed.explain(spec))
    // The streams close here: the sandbox has its own copies.
}

/// Make the kernel forget how much memory this process once had (`proc_pid_clear_refs(5)`): it counts
/// that in with the program's, so that only larger ones could be told. What cannot be forgotten is
/// counted in.
fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

impl Running {
    /// Wait until the program has ended and nothing is left of its sandbox.
    pub fn wait(mut self) -> Exit {
        let ended = self
            .supervisor
            .take()
            .and_then(|thread| thread.join().ok())
            .flatten();
        ended.map_or_else(Exit::unknown, Exit::from)
    }

    /// A handle that ends the sandbox.
    pub fn killer(&self) -> Killer {
        self.killer.clone()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(thread) = self.supervisor.take() {
            self.killer.kill();
            let _ = thread.join();
        }
    }
}

impl Killer {
    /// Kill every process in the sandbox at once. It does not wait until they are gone.
    pub fn kill(&self) {
        sys::kill(self.0.as_fd());
    }
}

impl Exit {
    /// For a supervisor that did not live to tell, which takes the sandbox with it.
    fn unknown() -> Self {
        let usage = Usage {
            user: Duration::ZERO,
            system: Duration::ZERO,
            max_rss: None,
        };
        Self {
            status: Status::Signal(libc::SIGKILL),
            usage,
        }
    }
}

impl From<Ended> for Exit {
    fn from(ended: Ended) -> Self {
        let status = match WaitStatus::from_raw(Pid::from_raw(0), ended.status) {
            Ok(WaitStatus::Exited(_, code)) => Status::Code(code),
            // A real-time signal is no `Signal` of nix.
            Ok(WaitStatus::Signaled(_, signal, _)) => Status::Signal(signal as i32),
            _ => Status::Signal(ended.status & 0x7f),
        };
        let usage = Usage {
            user: ended.user,
            system: ended.system,
            max_rss: ended.max_rss,
        };
        Self { status, usage }
    }
}

/// The standard streams, open for as long as the child may still have to copy them.
struct Streams([OwnedFd; 3]);

impl Streams {
    fn open(io: Io) -> io::Result<Self> {
        let stdin = match io.stdin {
            Input::Null => File::open("/dev/null")?.into(),
            Input::Fd(fd) | Input::Terminal(fd) => fd,
        };
        Ok(Self([stdin, io.stdout, io.stderr]))
    }

    fn raw(&self) -> [RawFd; 3] {
        self.0.each_ref().map(AsRawFd::as_raw_fd)
    }
}

/// A start that failed: the job, and what the child said.
pub(super) struct Failed {
    pub(super) job: Arc<Job>,
    pub(super) started: Started,
}

/// Start a job on a thread of its own, which lives as long as the sandbox.
pub(super) fn start(job: Job) -> io::Result<Result<Running, Failed>> {
    let state = Arc::new(State::new());
    let job = Arc::new(job);
    let thread = thread::Builder::new()
        .name("sandbox".to_owned())
        .stack_size(128 << 10)
        .spawn({
            let (job, state) = (Arc::clone(&job), Arc::clone(&state));
            move || supervise(&job, &state)
        })?;
    let started = state.wait_started();
    if started == Started::Running {
        let killer = Killer(Arc::clone(state.pidfd.wait()));
        return Ok(Ok(Running {
            supervisor: Some(thread),
            killer,
        }));
    }
    let _ = thread.join();
    Ok(Err(Failed { job, started }))
}

/// The life of the thread that waits for a sandbox.
///
/// It has every signal blocked: the child inherits that, and none of the builder's handlers may run
/// in it.
fn supervise(job: &Job, state: &State) -> Option<Ended> {
    let _ = SigSet::all().thread_block();
    child::run(job, state)
}

impl Failed {
    fn explain(self, spec: &Spec) -> SandboxError {
        let program = || spec.program.clone();
        let (index, errno) = match self.started {
            Started::Failed(index, errno) => (index, errno),
            Started::Running | Started::Lost => return SandboxError::Killed { program: program() },
        };
        let source = io::Error::from(errno);
        let step = self.job.steps().nth(index);
        match step {
            Some(step) => SandboxError::Step {
                step: step.to_string(),
                hint: step.hint(),
                source,
            },
            None if index == NO_CHILD => SandboxError::Namespaces { source },
            None => SandboxError::Execute {
                program: program(),
                source,
            },
        }
    }
}
