//! The first two processes of a sandbox: process 1, which sets it up and reaps what ends in it, and
//! the one that becomes the program.
//!
//! They share the memory of the builder, as after `vfork`, so that starting them costs the same
//! however large the builder is. The thread that makes process 1 sleeps until that is gone. Until
//! then the two run the code of this file and what it calls, which allocates nothing, takes no lock
//! and cannot panic: it is async-signal-safe. They write to nothing but a [`State`].
//!
//! Sharing memory is safe towards the program: process 1 keeps capabilities that the program does
//! not have, so the kernel lets the program neither read nor trace it.

use std::ffi::{CStr, c_int, c_ulong};
use std::time::Duration;

use super::job::Job;
use super::network::{self, Network};
use super::state::{NO_CHILD, State};
use super::step::Step;
use super::sys::{self, Outcome, Pointers, Stack};

/// The namespaces that each sandbox gets anew. It also gets a network namespace, unless there is a
/// [`Network`] to be used again.
const NAMESPACES: c_int = libc::CLONE_NEWUSER
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWCGROUP;

/// How a sandbox ended, and what everything in it used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    /// Wait status of the program, or of process 1 if that was killed.
    pub(super) status: c_int,
    pub(super) user: Duration,
    pub(super) system: Duration,
    /// Bytes, if they can be told from what the builder itself had in memory.
    pub(super) max_rss: Option<u64>,
}

/// Make a sandbox, and sleep until everything in it is gone.
///
/// Call this on a thread of its own, with every signal blocked. The result is none if there was no
/// process 1; [`State::wait_started`] says why.
pub(super) fn run(job: &Job, state: &State) -> Option<Ended> {
    let again = job.exec.as_ref().and_then(|_| Network::take(job.caller));
    let ended = again.and_then(|network| run_in(job, state, Some(network)).ok());
    let ended = ended.map_or_else(|| run_in(job, state, None), Ok);
    ended.map_err(|errno| state.failed(NO_CHILD, errno)).ok()
}

/// Make a sandbox in these namespaces or in new ones. An error means that nothing was made.
fn run_in(job: &Job, state: &State, mut network: Option<Network>) -> Outcome<Ended> {
    let exec = job.exec.as_ref();
    let exec = exec.map(|exec| Pointers::new(&exec.program, &exec.args, &exec.env));
    let program = exec.map(|exec| Program { job, state, exec });
    let fresh = network.is_none();
    let mut first = First {
        job,
        state,
        fresh,
        program,
        stack: Stack::new(),
        counters: network.as_ref().and_then(Network::counters),
    };
    let home = network.as_ref().map(Network::descriptors);
    let flags = if fresh {
        NAMESPACES | libc::CLONE_NEWNET
    } else {
        NAMESPACES
    };
    let alive = |pid, pidfd| {
        let _ = state.pidfd.set(pidfd);
        if fresh {
            network = Network::of_process(pid, job.caller);
        }
    };
    let (status, usage) = sys::run_sharing(&mut first, init, flags, home, alive)?;
    state.gone();
    if let (Some(network), Some(counters)) = (network, state.untouched_network()) {
        network.keep(counters);
    }
    Ok(Ended {
        status: state.status().unwrap_or(status),
        user: duration(usage.ru_utime),
        system: duration(usage.ru_stime),
        max_rss: state.max_rss(),
    })
}

fn duration(time: libc::timeval) -> Duration {
    let micros = time
        .tv_sec
        .saturating_mul(1_000_000)
        .saturating_add(time.tv_usec);
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

/// What process 1 works on.
struct First<'a> {
    job: &'a Job,
    state: &'a State,
    /// The network namespace is new.
    fresh: bool,
    program: Option<Program<'a>>,
    /// For the program's process.
    stack: Stack,
    /// The counters of the network namespace before the program starts.
    counters: Option<u64>,
}

/// What the program's process works on.
struct Program<'a> {
    job: &'a Job,
    state: &'a State,
    exec: Pointers<'a>,
}

/// The life of process 1. When it ends, the kernel kills all others.
fn init(first: &mut First<'_>) {
    let (job, state) = (first.job, first.state);
    let [old, setup, _, execute] = job.counts();
    let (steps, number) = if first.fresh {
        (&job.new_network, 0)
    } else {
        (&job.old_network, old)
    };
    let result = perform_all(steps, number, job).and_then(|()| perform_all(&job.setup, setup, job));
    if let Err((step, errno)) = result {
        return state.failed(step, errno);
    }
    let Some(program) = &mut first.program else {
        return state.running();
    };
    if first.fresh {
        first.counters = network::counters();
    }
    let pid = match sys::vfork(program, become_program, &mut first.stack, libc::SIGCHLD) {
        Ok(pid) => pid,
        Err(errno) => return state.failed(execute, errno),
    };
    if state.noted_failure() {
        return;
    }
    state.running();
    let status = sys::wait_for(pid);
    state.note_network(network::counters().filter(|now| first.counters == Some(*now)));
    state.ended(status, sys::max_rss(libc::RUSAGE_CHILDREN));
}

/// The life of the program's process until it executes the program.
fn become_program(program: &mut Program<'_>) {
    let (job, state) = (program.job, program.state);
    let [_, _, launch, execute] = job.counts();
    if let Err((step, errno)) = perform_all(&job.launch, launch, job) {
        return state.note(step, errno);
    }
    state.note_floor(sys::max_rss(libc::RUSAGE_SELF));
    state.note(execute, sys::execute(&program.exec));
}

/// Perform steps in order; the error has the number of the one that failed, and the reason.
fn perform_all(steps: &[Step], first: usize, job: &Job) -> Result<(), (usize, c_int)> {
    for (number, step) in (first..).zip(steps) {
        perform(step, job).map_err(|errno| (number, errno))?;
    }
    Ok(())
}

fn perform(step: &Step, job: &Job) -> Outcome {
    match step {
        Step::FollowParent(pid) => follow_parent(*pid),
        Step::Streams => sys::connect(&job.streams),
        Step::CloseFiles => sys::close_files(),
        Step::Write(path, text) => sys::write(path, text),
        Step::Umask(mask) => {
            sys::umask(*mask);
            Ok(())
        }
        Step::Hostname(name) => sys::hostname(name),
        Step::Domainname(name) => sys::domainname(name),
        Step::SessionKeyring => sys::session_keyring(),
        Step::Loopback => sys::loopback(),
        Step::NoNewPrivileges => sys::prctl(libc::PR_SET_NO_NEW_PRIVS, 1),
        Step::Open(path) => sys::open(path, libc::O_PATH | libc::O_DIRECTORY).map(drop),
        Step::Enter(path) => sys::enter(path),
        Step::Mount {
            kind,
            target,
            flags,
            options,
        } => sys::mount(kind, target, Some(kind), flags.bits(), options),
        Step::Bind(from, to) => sys::mount(from, to, None, libc::MS_BIND, c""),
        Step::Attributes(path, attributes) => {
            sys::attributes(path, attributes.bits(), attributes.is_recursive())
        }
        Step::Directory(path, mode) => sys::directory(path, *mode),
        Step::File(path) => make_file(path),
        Step::Link(to, path) => sys::link(to, path),
        Step::ChangeRoot => change_root(),
        Step::Limit(which, value) => sys::limit(*which as c_int, *value),
        Step::Session => sys::session(),
        Step::Terminal => sys::controlling_terminal(),
        Step::Capabilities(mask) => sys::capabilities(*mask),
        Step::FixedAddresses => sys::fixed_addresses(),
        Step::DefaultSignals => sys::default_signals(),
        Step::Filter => sys::filter(job.filter),
        Step::Try(step) => {
            let _ = perform(step, job);
            Ok(())
        }
    }
}

/// `ESRCH` if the parent died before the kernel knew that we want to follow it: then we have been
/// given another parent already. `/proc` is still the host's, and so are the ids in it.
fn follow_parent(pid: c_int) -> Outcome {
    sys::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as c_ulong)?;
    let mut buffer = [0; 256];
    let length = sys::read(c"/proc/self/stat", &mut buffer)?;
    let parent = buffer
        .get(..length)
        .and_then(parent_in_stat)
        .ok_or(libc::EINVAL)?;
    if parent == pid {
        Ok(())
    } else {
        Err(libc::ESRCH)
    }
}

/// The parent in a line of `/proc/PID/stat`: "PID (NAME) STATE PARENT …", where the name may hold
/// spaces and parentheses.
fn parent_in_stat(line: &[u8]) -> Option<c_int> {
    let end_of_name = line.iter().rposition(|byte| *byte == b')')?;
    let digits = line
        .get(end_of_name + 4..)?
        .split(|byte| *byte == b' ')
        .next()?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn make_file(path: &CStr) -> Outcome {
    sys::open(path, libc::O_CREAT | libc::O_EXCL | libc::O_WRONLY).and_then(sys::close)
}

/// Change to a copy of the mounts from the working directory down, which is in no mount namespace.
///
/// So the lists of mounts that a program can read (`/proc/self/mountinfo`) are empty: they would show
/// the store's path, and how many mounts were made on this machine before. The old root is out of reach,
/// since no way leads from one set of mounts to another and the program may neither mount anything nor
/// change its root, nor become someone who may. The descriptor stays open in process 1, which keeps the
/// mounts alive.
fn change_root() -> Outcome {
    let mounts = sys::copy_mounts()?;
    sys::enter_fd(mounts)?;
    sys::chroot_here()?;
    sys::enter(c"/")
}
