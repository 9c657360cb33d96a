//! Runs plans on this machine: operations in place, builds in a sandbox.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use nix::sys::statvfs::statvfs;

use super::capture::capture;
use super::error::ExecuteError;
use super::executor::{Executed, Executor, Job, Output};
use super::jobserver::{Jobserver, Slot};
use super::machine::{Machine, WrongMachine};
use super::operation::Operations;
use super::root;
use super::sandbox::{self, Exit, Io, Method, Running, Status};
use super::take::take;
use crate::plan::tree::Workbench;
use crate::plan::{Action, Build, BuildPlatform, Object};
use crate::store::io::{At as _, IoError};
use crate::store::{Store, Usage};

/// The executor of this machine.
#[derive(Debug)]
pub struct Local<'a> {
    store: &'a Store,
    machine: Machine,
    jobserver: Jobserver,
    method: Method,
    threads: usize,
}

/// What a program left, beside its output.
#[derive(Default)]
struct Trace {
    usage: Usage,
    log: Option<Utf8PathBuf>,
    tail: Vec<String>,
}

impl<'a> Local<'a> {
    /// An executor of so many jobs at once on `store`, whose roots are made by `method`.
    pub fn new(store: &'a Store, jobs: usize, method: Method) -> Result<Local<'a>, IoError> {
        sandbox::spread(store.temp_root()).at("open", store.temp_root())?;
        let jobserver = Jobserver::start(jobs).at("start a thread for", store.temp_root())?;
        Ok(Local {
            store,
            machine: Machine::here(),
            jobserver,
            method,
            threads: super::cpus(),
        })
    }

    fn run(
        &self,
        job: &Job<'_>,
        slot: Option<&Slot<'_>>,
        trace: &mut Trace,
    ) -> Result<Object, ExecuteError> {
        let operations = Operations {
            store: self.store,
            job,
            threads: self.threads,
        };
        match job.plan.action() {
            Action::Unpack(unpack) => operations.unpack(unpack),
            Action::Place(place) => operations.place(place),
            Action::Extract(extract) => operations.extract(extract),
            Action::Pick(pick) => operations.pick(pick),
            Action::Merge(merge) => operations.merge(merge),
            Action::Fill(fill) => operations.fill(fill),
            Action::Disk(layout) => operations.disk(layout),
            Action::Build(build) => self.build(build, job, slot, trace),
        }
    }

    fn build(
        &self,
        build: &Build<Object>,
        job: &Job<'_>,
        slot: Option<&Slot<'_>>,
        trace: &mut Trace,
    ) -> Result<Object, ExecuteError> {
        self.machine.check(&build.platform)?;
        let parts = root::parts(self.store, &build.inputs, job.labels)?;
        let nodes = Workbench::over(self.store);
        let root = root::check(&nodes, &parts)?;
        let scratch = self.store.temp_dir()?;
        root::copy_own(&nodes, (&parts, &root), scratch.path(), job.cancel.flag())?;
        let mut spec = root::spec(&parts, scratch.path(), self.method)?;
        if let Some(slot) = slot {
            let fifo = scratch.path().join("jobserver");
            slot.share(&fifo)?;
            root::share_slots(&mut spec, fifo);
        }
        if self.method == Method::Copy {
            sandbox::populate(&spec)?;
        }
        let exit = self.supervise(&spec, job, trace)?;
        match exit.status {
            Status::Code(0) => {
                let (wanted, stop) = ((&build.output, &build.setid), job.cancel.flag());
                take(self.store, wanted, &root::out(scratch.path()), stop)
            }
            // As long as what it wrote is still there.
            status if is_full(scratch.path()) => Err(ExecuteError::NoRoom { status }),
            status => Err(ExecuteError::Failed { status }),
        }
    }

    /// Runs the program to its end, or to the end of its time.
    fn supervise(
        &self,
        spec: &sandbox::Spec,
        job: &Job<'_>,
        trace: &mut Trace,
    ) -> Result<Exit, ExecuteError> {
        let mut log = self.store.begin_log(&job.plan.hash())?;
        trace.log = Some(log.path().to_owned());
        let (reader, writer) = std::io::pipe().at("create a pipe for", spec.program.as_path())?;
        let io = Io::logged(OwnedFd::from(writer)).at("create a pipe for", &spec.program)?;
        let running = sandbox::spawn(spec, io)?;
        let _registration = job.cancel.register(running.killer());
        let output = File::from(OwnedFd::from(reader));
        let (exit, timed_out) = std::thread::scope(|scope| {
            // If the thread cannot be started, the program ends because `running` goes.
            let capturing = std::thread::Builder::new()
                .spawn_scoped(scope, || capture(output, &mut log, job.line))
                .at("start a thread for", &spec.program)?;
            let ended = wait(running, job.timeout).at("start a thread for", &spec.program)?;
            let captured = capturing.join().unwrap_or_else(|_| Ok(Vec::new()));
            trace.tail = captured?;
            Ok::<_, IoError>(ended)
        })?;
        log.finish()?;
        trace.usage = usage(&exit);
        if job.cancel.is_cancelled() {
            return Err(ExecuteError::Cancelled);
        }
        if timed_out {
            return Err(ExecuteError::Timeout { limit: job.timeout });
        }
        Ok(exit)
    }
}

impl Executor for Local<'_> {
    fn check(&self, platform: &BuildPlatform) -> Result<(), WrongMachine> {
        self.machine.check(platform)
    }

    fn execute(&self, job: &Job<'_>) -> Executed {
        let mut trace = Trace::default();
        // An operation is short, and what waits for it may be what would use the slots.
        let slot = job
            .plan
            .action()
            .is_build()
            .then(|| self.jobserver.acquire(job.cancel));
        let began = Instant::now();
        let output = match &slot {
            Some(None) => Err(ExecuteError::Cancelled),
            Some(slot @ Some(_)) => self.run(job, slot.as_ref(), &mut trace),
            None => self.run(job, None, &mut trace),
        };
        let Trace {
            mut usage,
            log,
            tail,
        } = trace;
        usage.wall_ms = milliseconds(began.elapsed());
        Executed {
            output: output.map(Output::here),
            usage,
            log,
            tail,
        }
    }
}

/// Whether the file system of `directory` has no room, be it for bytes or for files. A program that
/// fails for that seldom uses the last of it, and may have removed what it could not finish.
fn is_full(directory: &Utf8Path) -> bool {
    const HARDLY_ANY: u64 = 4 << 20;
    statvfs(directory.as_std_path()).is_ok_and(|stat| {
        let bytes = stat.blocks_available().saturating_mul(stat.fragment_size());
        // Some file systems do not count files, and say 0 of 0.
        bytes < HARDLY_ANY || (stat.files() > 0 && stat.files_available() == 0)
    })
}

/// Waits for the sandbox; after `limit` it is killed.
fn wait(running: Running, limit: Duration) -> std::io::Result<(Exit, bool)> {
    let killer = running.killer();
    let (ended, end) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let timer = std::thread::Builder::new().spawn_scoped(scope, move || {
            let late = end.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout);
            if late {
                killer.kill();
            }
            late
        })?;
        let exit = running.wait();
        drop(ended);
        Ok((exit, timer.join().unwrap_or(false)))
    })
}

fn usage(exit: &Exit) -> Usage {
    Usage {
        wall_ms: 0,
        user_ms: milliseconds(exit.usage.user),
        system_ms: milliseconds(exit.usage.system),
        max_rss_kib: exit.usage.max_rss.map(|bytes| bytes / 1024),
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
