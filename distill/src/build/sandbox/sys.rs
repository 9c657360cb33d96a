//! Every line of unsafe code: the child that becomes the sandbox, and the system calls it makes.
//!
//! The child shares the memory of the builder (`CLONE_VM`), as `vfork` does, so that starting one
//! costs the same however large the builder is. The thread that makes it sleeps until it is gone.
//! Until then the child, which is process 1 of its namespace, and the program's process, until that
//! executes the program, run the code of this file only. It allocates nothing, takes no lock, cannot
//! panic, and touches nothing but what [`Child`] lends it: it is async-signal-safe.
//!
//! Sharing memory is safe towards the program: process 1 keeps capabilities that the program does
//! not have, so the kernel lets the program neither read nor trace it.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_int, c_long, c_void};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use nix::errno::Errno;

use super::step::Step;

/// Bytes of stack for the child, and for the program's process before it executes. Their frames are
/// a few hundred bytes; the step with the largest buffer takes half a KiB.
const STACK: usize = 64 << 10;

/// The namespaces that a sandbox does not share with anyone.
const NAMESPACES: c_int = libc::CLONE_NEWUSER
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWCGROUP;

/// What the child is to do. Everything is prepared: the child only reads.
#[derive(Debug)]
pub(super) struct Job {
    /// Done by process 1, in order.
    pub(super) setup: Vec<Step>,
    /// Done by the program's process, in order, before it executes the program.
    pub(super) launch: Vec<Step>,
    /// Program, arguments (with the name of the program first) and environment. Without one, the
    /// child ends after the setup.
    pub(super) exec: Option<Exec>,
    /// What becomes descriptors 0, 1 and 2.
    pub(super) streams: [RawFd; 3],
}

/// Program, arguments and environment, as `execve` wants them.
#[derive(Debug)]
pub(super) struct Exec {
    pub(super) program: CString,
    pub(super) args: Vec<CString>,
    pub(super) env: Vec<CString>,
}

/// What the child reports while it runs, through memory that both sides see.
#[derive(Debug)]
pub(super) struct State {
    phase: AtomicU32,
    step: AtomicU32,
    errno: AtomicI32,
    status: AtomicI32,
    pidfd: AtomicI32,
    /// KiB: the most that the builder itself had in memory when the program was started.
    floor: AtomicI64,
    /// KiB: the most that one process of the sandbox had in memory.
    peak: AtomicI64,
}

/// The setup is under way.
const STARTING: u32 = 0;
/// The program was executed, or the setup done where there is no program.
const RUNNING: u32 = 1;
/// A step failed: `step` and `errno` say which and why.
const FAILED: u32 = 2;
/// The program ended: `status` says how.
const ENDED: u32 = 3;
/// The child was killed before it could say anything.
const LOST: u32 = 4;

/// How the start of a child went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Started {
    /// The program runs.
    Running,
    /// This step, counted over setup, launch and execution, failed.
    Failed(usize, Errno),
    /// The child was killed.
    Lost,
}

/// How a child ended, and what it and everything below it used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    /// Wait status of the program, or of process 1 if that was killed.
    pub(super) status: c_int,
    pub(super) user: Duration,
    pub(super) system: Duration,
    /// Bytes; none if it cannot be told from what the builder itself had in memory.
    pub(super) max_rss: Option<u64>,
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            phase: AtomicU32::new(STARTING),
            step: AtomicU32::new(0),
            errno: AtomicI32::new(0),
            status: AtomicI32::new(0),
            pidfd: AtomicI32::new(-1),
            floor: AtomicI64::new(0),
            peak: AtomicI64::new(0),
        }
    }

    /// Sleep until the child has started the program, or failed to.
    pub(super) fn wait_started(&self) -> Started {
        loop {
            match self.phase.load(Ordering::Acquire) {
                STARTING => futex(&self.phase, libc::FUTEX_WAIT, STARTING),
                FAILED => {
                    let errno = Errno::from_raw(self.errno.load(Ordering::Relaxed));
                    return Started::Failed(self.step.load(Ordering::Relaxed) as usize, errno);
                }
                LOST => return Started::Lost,
                _ => return Started::Running,
            }
        }
    }

    /// Take the descriptor that stands for the child. It is there once, after the start.
    pub(super) fn take_pidfd(&self) -> Option<OwnedFd> {
        let fd = self.pidfd.swap(-1, Ordering::Relaxed);
        // SAFETY: the kernel made this descriptor for us, and the swap hands it out once.
        (fd >= 0).then(|| unsafe { OwnedFd::from_raw_fd(fd) })
    }

    /// The start failed before there was a child.
    fn no_child(&self, errno: Errno) {
        self.fail(usize::MAX, errno as i32);
    }

    fn fail(&self, step: usize, errno: c_int) {
        self.note(step, errno);
        self.enter(FAILED);
    }

    fn note(&self, step: usize, errno: c_int) {
        self.step
            .store(u32::try_from(step).unwrap_or(u32::MAX), Ordering::Relaxed);
        self.errno.store(errno, Ordering::Relaxed);
    }

    fn enter(&self, phase: u32) {
        self.phase.store(phase, Ordering::Release);
        futex(&self.phase, libc::FUTEX_WAKE, u32::MAX >> 1);
    }
}

/// The step that [`Started::Failed`] names when the child itself could not be made.
pub(super) const NO_CHILD: usize = u32::MAX as usize;

/// Make the child, and sleep until it and everything it started is gone.
///
/// Call this on a thread of its own, with every signal blocked. The result is none if there was no
/// child; [`State::wait_started`] says why.
pub(super) fn run(job: &Job, state: &State) -> Option<Ended> {
    let mut stack = Stack::new();
    let mut inner = Stack::new();
    let exec = job.exec.as_ref().map(Pointers::new);
    let mut child = Child {
        job,
        exec,
        state,
        stack: inner.top(),
    };
    let flags = NAMESPACES | libc::CLONE_VM | libc::CLONE_VFORK | libc::CLONE_PIDFD;
    // SAFETY: `init` is async-signal-safe. The stack and all that `child` borrows outlive the
    // child, because CLONE_VFORK suspends this thread until the child no longer uses this memory.
    // The kernel stores the descriptor before the child runs.
    let pid = unsafe {
        let argument = (&raw mut child).cast();
        libc::clone(init, stack.top(), flags, argument, state.pidfd.as_ptr())
    };
    if pid < 0 {
        state.no_child(Errno::last());
        return None;
    }
    let ended = reap(pid, state);
    let _ = state
        .phase
        .compare_exchange(STARTING, LOST, Ordering::AcqRel, Ordering::Acquire);
    futex(&state.phase, libc::FUTEX_WAKE, u32::MAX >> 1);
    Some(ended)
}

/// Kill the process that a descriptor stands for. A process that is gone is no error.
pub(super) fn kill(pidfd: BorrowedFd<'_>) {
    // SAFETY: no memory is passed.
    unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_raw_fd(),
            libc::SIGKILL,
            ptr::null::<c_void>(),
            0,
        );
    }
}

/// Wait for the child, which is dead or about to be.
fn reap(pid: c_int, state: &State) -> Ended {
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: both pointers are to live values of the right type; all bytes zero is a valid rusage.
    let usage = unsafe {
        while libc::wait4(pid, &raw mut status, libc::__WALL, usage.as_mut_ptr()) < 0
            && Errno::last() == Errno::EINTR
        {}
        usage.assume_init()
    };
    if state.phase.load(Ordering::Acquire) == ENDED {
        status = state.status.load(Ordering::Relaxed);
    }
    Ended {
        status,
        user: duration(usage.ru_utime),
        system: duration(usage.ru_stime),
        max_rss: state.max_rss(),
    }
}

impl State {
    /// The kernel counts in, for a process, what it had in memory before it executed its program.
    /// Before that the program's process shared the builder's memory, so only what exceeds that
    /// is known to be its own. The slack covers pages that the builder touched in between.
    fn max_rss(&self) -> Option<u64> {
        let (peak, floor) = (
            self.peak.load(Ordering::Relaxed),
            self.floor.load(Ordering::Relaxed),
        );
        (peak > floor + 1024).then(|| u64::try_from(peak).unwrap_or(0) * 1024)
    }
}

fn duration(time: libc::timeval) -> Duration {
    let micros = time
        .tv_sec
        .saturating_mul(1_000_000)
        .saturating_add(time.tv_usec);
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

/// What the child reads and writes. It lies on the stack of the thread that waits.
struct Child<'a> {
    job: &'a Job,
    exec: Option<Pointers<'a>>,
    state: &'a State,
    /// Top of the stack for the program's process.
    stack: *mut c_void,
}

/// The arrays of pointers that `execve` wants.
struct Pointers<'a> {
    program: &'a CStr,
    args: Vec<*const c_char>,
    env: Vec<*const c_char>,
}

impl<'a> Pointers<'a> {
    fn new(exec: &'a Exec) -> Self {
        let list = |strings: &[CString]| {
            strings
                .iter()
                .map(|s| s.as_ptr())
                .chain([ptr::null()])
                .collect()
        };
        Self {
            program: &exec.program,
            args: list(&exec.args),
            env: list(&exec.env),
        }
    }
}

/// Memory for a child's stack. It is not initialised, so pages that are not used cost nothing.
struct Stack(Box<[MaybeUninit<u8>]>);

impl Stack {
    fn new() -> Self {
        Self(Box::new_uninit_slice(STACK))
    }

    /// Stacks grow downwards on every architecture that we run on; 16 bytes is their alignment.
    fn top(&mut self) -> *mut c_void {
        let end = self.0.as_mut_ptr_range().end;
        end.wrapping_sub(end.addr() % 16).cast()
    }
}

/// Process 1 of the sandbox.
extern "C" fn init(argument: *mut c_void) -> c_int {
    // SAFETY: the argument is the `Child` of `run`, which waits and does not touch it meanwhile.
    let child = unsafe { &mut *argument.cast::<Child<'_>>() };
    let setup = &child.job.setup;
    if let Err((index, errno)) = perform_all(setup, &child.job.streams) {
        child.state.fail(index, errno);
        exit();
    }
    if child.exec.is_none() {
        child.state.enter(RUNNING);
        exit();
    }
    let program = start_program(child);
    if child.state.errno.load(Ordering::Relaxed) != 0 {
        child.state.enter(FAILED);
        exit();
    }
    child.state.enter(RUNNING);
    let status = wait_for(program);
    child.state.status.store(status, Ordering::Relaxed);
    child
        .state
        .peak
        .store(max_rss(libc::RUSAGE_CHILDREN), Ordering::Relaxed);
    child.state.enter(ENDED);
    exit()
}

/// Start the program; on return it has been executed, or the failure is noted.
fn start_program(child: &mut Child<'_>) -> c_int {
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    let stack = child.stack;
    // SAFETY: as in `run`: the callback is async-signal-safe, its stack is a second one, and
    // CLONE_VFORK suspends this process until the other has executed the program or ended.
    let pid = unsafe { libc::clone(program, stack, flags, ptr::from_mut(child).cast()) };
    if pid < 0 {
        let steps = child.job.setup.len() + child.job.launch.len();
        child.state.note(steps, last_errno());
    }
    pid
}

/// The program's process, until it executes the program.
extern "C" fn program(argument: *mut c_void) -> c_int {
    // SAFETY: the argument is the `Child` of `init`, which is suspended.
    let child = unsafe { &mut *argument.cast::<Child<'_>>() };
    let before = child.job.setup.len();
    if let Err((index, errno)) = perform_all(&child.job.launch, &child.job.streams) {
        child.state.note(before + index, errno);
        exit();
    }
    child
        .state
        .floor
        .store(max_rss(libc::RUSAGE_SELF), Ordering::Relaxed);
    if let Some(exec) = &child.exec {
        // SAFETY: the program is a C string, the arrays end with a null pointer.
        unsafe { libc::execve(exec.program.as_ptr(), exec.args.as_ptr(), exec.env.as_ptr()) };
    }
    child
        .state
        .note(before + child.job.launch.len(), last_errno());
    exit()
}

/// Reap whatever ends until the program does, and return its wait status.
fn wait_for(program: c_int) -> c_int {
    let mut status = 0;
    loop {
        // SAFETY: the pointer is to a live value; null is allowed for the usage.
        let pid = unsafe { libc::wait4(-1, &raw mut status, libc::__WALL, ptr::null_mut()) };
        if pid == program || (pid < 0 && last_errno() != libc::EINTR) {
            return status;
        }
    }
}

/// KiB that one process had in memory at most.
fn max_rss(who: c_int) -> i64 {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is to a live value; all bytes zero is a valid rusage.
    let usage = unsafe {
        libc::getrusage(who, usage.as_mut_ptr());
        usage.assume_init()
    };
    usage.ru_maxrss
}

/// End the process without running anything of the builder's, such as exit handlers.
fn exit() -> ! {
    // SAFETY: ends the process.
    unsafe { libc::_exit(127) }
}

/// The calling thread's `errno`. A child shares the variable of the thread that waits for it.
fn last_errno() -> c_int {
    // SAFETY: the C library returns a valid pointer for each thread.
    unsafe { *libc::__errno_location() }
}

/// Wait on a number in memory, or wake those who wait on it.
fn futex(number: &AtomicU32, operation: c_int, value: u32) {
    let operation = operation | libc::FUTEX_PRIVATE_FLAG;
    // SAFETY: the pointer is to a live number; there is no timeout.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            number.as_ptr(),
            operation,
            value,
            ptr::null::<libc::timespec>(),
        );
    }
}

/// Perform steps in order; the error has the index of the one that failed and the reason.
fn perform_all(steps: &[Step], streams: &[RawFd; 3]) -> Result<(), (usize, c_int)> {
    for (index, step) in steps.iter().enumerate() {
        perform(step, streams).map_err(|errno| (index, errno))?;
    }
    Ok(())
}

fn perform(step: &Step, streams: &[RawFd; 3]) -> Result<(), c_int> {
    match step {
        Step::FollowParent(pid) => follow_parent(*pid),
        Step::Streams => connect(streams),
        Step::CloseFiles => close_files(),
        Step::Write(path, text) => write(path, text),
        Step::Umask(mask) => umask(*mask),
        Step::Hostname(name) => hostname(name),
        Step::Loopback => loopback(),
        Step::NoNewPrivileges => prctl(libc::PR_SET_NO_NEW_PRIVS, 1),
        Step::Open(path) => open(path, libc::O_PATH | libc::O_DIRECTORY).map(drop),
        Step::Enter(path) => enter(path),
        Step::Mount {
            kind,
            target,
            flags,
            options,
        } => mount(kind, target, Some(kind), flags.bits(), options),
        Step::Bind(from, to) => mount(from, to, None, libc::MS_BIND, c""),
        Step::Directory(path, mode) => directory(path, *mode),
        Step::RemoveDirectory(path) => remove_directory(path),
        Step::File(path) => {
            open(path, libc::O_CREAT | libc::O_EXCL | libc::O_WRONLY).and_then(close)
        }
        Step::Link(to, path) => link(to, path),
        Step::Pivot => pivot(),
        Step::Limit(which, soft, hard) => limit(*which, *soft, *hard),
        Step::Session => session(),
        Step::Foreground => foreground(),
        Step::Capabilities(mask) => capabilities(*mask),
        Step::FixedAddresses => fixed_addresses(),
        Step::DefaultSignals => default_signals(),
        Step::Try(step) => {
            let _ = perform(step, streams);
            Ok(())
        }
    }
}

/// The result of a system call, as the C library gives it.
fn check(result: impl Into<c_long>) -> Result<(), c_int> {
    if result.into() < 0 {
        Err(last_errno())
    } else {
        Ok(())
    }
}

/// `ESRCH` if the parent died before the kernel knew that we want to follow it: then we have been
/// given another parent already. `/proc` is still the host's, and so are the ids in it.
fn follow_parent(pid: c_int) -> Result<(), c_int> {
    prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL)?;
    let mut buffer = [0; 256];
    let fd = open(c"/proc/self/stat", libc::O_RDONLY)?;
    // SAFETY: the kernel writes at most the length of the buffer to it.
    let length = unsafe { libc::read(fd, buffer.as_mut_ptr().cast(), buffer.len()) };
    close(fd)?;
    let text = usize::try_from(length)
        .ok()
        .and_then(|length| buffer.get(..length));
    let parent = text.and_then(parent_in_stat).ok_or(libc::EINVAL)?;
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

/// Move the streams out of the way first: one of them may lie where another belongs.
fn connect(streams: &[RawFd; 3]) -> Result<(), c_int> {
    let mut high = [0; 3];
    for (high, stream) in high.iter_mut().zip(streams) {
        // SAFETY: no memory is passed.
        *high = unsafe { libc::fcntl(*stream, libc::F_DUPFD_CLOEXEC, 3) };
        check(*high)?;
    }
    for (place, high) in (0..).zip(high) {
        // SAFETY: no memory is passed.
        check(unsafe { libc::dup2(high, place) })?;
    }
    Ok(())
}

fn close_files() -> Result<(), c_int> {
    // SAFETY: no memory is passed; nothing of this process uses any of these descriptors.
    check(unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, 0_u32) })
}

fn open(path: &CStr, flags: c_int) -> Result<RawFd, c_int> {
    // SAFETY: the path is a C string.
    let fd = unsafe { libc::open(path.as_ptr(), flags | libc::O_CLOEXEC, 0o666) };
    check(fd).map(|()| fd)
}

fn close(fd: RawFd) -> Result<(), c_int> {
    // SAFETY: the caller made this descriptor.
    check(unsafe { libc::close(fd) })
}

fn write(path: &CStr, text: &CStr) -> Result<(), c_int> {
    let fd = open(path, libc::O_WRONLY)?;
    // SAFETY: the kernel reads no more than the text.
    let result = unsafe { libc::write(fd, text.as_ptr().cast(), text.count_bytes()) };
    let result = if result < 0 {
        Err(last_errno())
    } else {
        Ok(())
    };
    close(fd)?;
    result
}

fn umask(mask: u32) -> Result<(), c_int> {
    // SAFETY: no memory is passed; the mask is not shared, since there is no CLONE_FS.
    unsafe { libc::umask(mask as libc::mode_t) };
    Ok(())
}

fn hostname(name: &CStr) -> Result<(), c_int> {
    // SAFETY: the length is that of the string.
    check(unsafe { libc::sethostname(name.as_ptr(), name.count_bytes()) })
}

fn loopback() -> Result<(), c_int> {
    // SAFETY: no memory is passed.
    let fd = unsafe { libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0) };
    check(fd)?;
    // SAFETY: all bytes zero is a valid ifreq; the kernel reads it only.
    let result = unsafe {
        let mut request: libc::ifreq = std::mem::zeroed();
        for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
            *to = from.cast_signed() as c_char;
        }
        request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as i16;
        check(libc::ioctl(fd, libc::SIOCSIFFLAGS as _, &raw const request))
    };
    close(fd)?;
    result
}

fn prctl(option: c_int, value: c_int) -> Result<(), c_int> {
    // SAFETY: the options used here take numbers, no memory.
    check(unsafe { libc::prctl(option, value as libc::c_ulong, 0, 0, 0) })
}

fn enter(path: &CStr) -> Result<(), c_int> {
    // SAFETY: the path is a C string.
    check(unsafe { libc::chdir(path.as_ptr()) })
}

fn mount(
    source: &CStr,
    target: &CStr,
    kind: Option<&CString>,
    flags: libc::c_ulong,
    options: &CStr,
) -> Result<(), c_int> {
    let kind = kind.map_or(ptr::null(), |kind| kind.as_ptr());
    // SAFETY: all are C strings, or null where the kernel does not look.
    check(unsafe {
        libc::mount(
            source.as_ptr(),
            target.as_ptr(),
            kind,
            flags,
            options.as_ptr().cast(),
        )
    })
}

fn directory(path: &CStr, mode: u32) -> Result<(), c_int> {
    // SAFETY: the path is a C string.
    check(unsafe { libc::mkdir(path.as_ptr(), mode as libc::mode_t) })
}

fn remove_directory(path: &CStr) -> Result<(), c_int> {
    // SAFETY: the path is a C string.
    check(unsafe { libc::rmdir(path.as_ptr()) })
}

fn link(to: &CStr, path: &CStr) -> Result<(), c_int> {
    // SAFETY: both are C strings.
    check(unsafe { libc::symlink(to.as_ptr(), path.as_ptr()) })
}

/// The manual of `pivot_root` explains why the same directory can be both the new root and the
/// place for the old one.
fn pivot() -> Result<(), c_int> {
    let here = c".".as_ptr();
    // SAFETY: the paths are C strings.
    unsafe {
        check(libc::syscall(libc::SYS_pivot_root, here, here))?;
        check(libc::umount2(here, libc::MNT_DETACH))?;
    }
    enter(c"/")
}

fn limit(which: c_int, soft: u64, hard: u64) -> Result<(), c_int> {
    let value = libc::rlimit64 {
        rlim_cur: soft,
        rlim_max: hard,
    };
    let old = ptr::null_mut::<libc::rlimit64>();
    // SAFETY: the kernel reads the new value and is asked for no old one.
    check(unsafe { libc::syscall(libc::SYS_prlimit64, 0, which, &raw const value, old) })
}

fn session() -> Result<(), c_int> {
    // SAFETY: no memory is passed.
    check(unsafe { libc::setsid() })
}

/// Signals are blocked, or the kernel would stop us for writing to a terminal that is not ours yet.
fn foreground() -> Result<(), c_int> {
    // SAFETY: no memory is passed but the id, which the kernel reads.
    unsafe {
        check(libc::setpgid(0, 0))?;
        check(libc::tcsetpgrp(0, libc::getpid()))
    }
}

/// `capset` takes the mask in halves: effective, permitted and inheritable for the low 32
/// capabilities, then for the others.
fn capabilities(mask: u64) -> Result<(), c_int> {
    const VERSION_3: u32 = 0x2008_0522;
    let header: [u32; 2] = [VERSION_3, 0];
    let (low, high) = (mask as u32, (mask >> 32) as u32);
    let data: [u32; 6] = [low, low, 0, high, high, 0];
    // SAFETY: header and data have the layout of version 3.
    check(unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), data.as_ptr()) })
}

fn fixed_addresses() -> Result<(), c_int> {
    // SAFETY: no memory is passed.
    check(unsafe { libc::personality(libc::ADDR_NO_RANDOMIZE as libc::c_ulong) })
}

/// Executing a program resets handlers, but keeps what is ignored: Rust's runtime ignores SIGPIPE.
fn default_signals() -> Result<(), c_int> {
    const LAST: c_int = 64;
    const SET_SIZE: usize = 8;
    // All bytes zero are the default action, no flags and an empty mask, in the kernel's own
    // structure on every architecture. None of them is longer than this.
    let action = [0_u64; 8];
    for signal in 1..=LAST {
        let old = ptr::null_mut::<c_void>();
        // SAFETY: the action is valid and the old one is not asked for. The table of actions is
        // not shared, since there is no CLONE_SIGHAND. SIGKILL and SIGSTOP fail, harmlessly.
        unsafe {
            libc::syscall(
                libc::SYS_rt_sigaction,
                signal,
                action.as_ptr(),
                old,
                SET_SIZE,
            )
        };
    }
    let (none, old) = (0_u64, ptr::null_mut::<c_void>());
    // SAFETY: the set has the size that is given, and the old one is not asked for.
    check(unsafe {
        libc::syscall(
            libc::SYS_rt_sigprocmask,
            libc::SIG_SETMASK,
            &raw const none,
            old,
            SET_SIZE,
        )
    })
}
