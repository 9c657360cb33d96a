//! Every line of unsafe code: the system calls of a sandbox, and the making of its processes; and
//! what binds a process that is in no sandbox to its parent.
//!
//! Most of it is called by processes that share the memory of the builder. So nothing here but
//! [`run_sharing`] and [`Pointers::new`] allocates or takes a lock, and nothing panics: it is
//! async-signal-safe. Errors are numbers, as the kernel gives them.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_int, c_long, c_ulong, c_ushort, c_void};
use std::fs::File;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use nix::errno::Errno;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::{getpid, getppid};

/// The result of a system call: nothing, or the number of the error.
pub(super) type Outcome<T = ()> = Result<T, c_int>;

/// Bytes of stack of a process that shares our memory. Its frames are a few hundred bytes; the step
/// with the largest buffer takes half a KiB.
const STACK: usize = 64 << 10;

/// Memory for the stack of a process. It is not initialised, so pages that are not used cost nothing.
pub(super) struct Stack(Box<[MaybeUninit<u8>]>);

impl Stack {
    pub(super) fn new() -> Self {
        Self(Box::new_uninit_slice(STACK))
    }

    /// Stacks grow downwards on every architecture that we run on; 16 bytes is their alignment.
    fn top(&mut self) -> *mut c_void {
        let end = self.0.as_mut_ptr_range().end;
        end.wrapping_sub(end.addr() % 16).cast()
    }
}

/// What a new process runs, and on what.
struct Call<'a, T> {
    run: fn(&mut T),
    value: &'a mut T,
}

/// Make a process that shares our memory and runs a function, and sleep until it and its children
/// are gone. The result is its wait status and what they used.
///
/// `home` are descriptors of a user and another namespace that the process is to be in, if not in
/// ours; `flags` say which namespaces it gets anew. `alive` is called as soon as it exists, with its
/// id and a descriptor of it.
///
/// The process runs as a second thread on this thread's `errno`, so where a system call fails in
/// both at once they may see each other's reason; the caller should have every signal blocked. The
/// process may be killed at any time: if it then held a lock, such as the allocator's, nobody would
/// release it, so the function must take none.
///
/// This thread does not sleep by `CLONE_VFORK`, or the builder could not be stopped by Ctrl-Z.
pub(super) fn run_sharing<T>(
    value: &mut T,
    run: fn(&mut T),
    flags: c_int,
    home: Option<[RawFd; 2]>,
    alive: impl FnOnce(c_int, Arc<OwnedFd>),
) -> Outcome<(c_int, libc::rusage)> {
    let mut stack = Stack::new();
    let mut birth = Birth {
        call: Call { run, value },
        stack: stack.top(),
        flags: flags | libc::CLONE_VM | libc::CLONE_PIDFD,
        home: home.unwrap_or_default(),
        pidfd: -1,
        result: Err(libc::ESRCH),
    };
    match home {
        None => birth.give(),
        // This process has threads, so it cannot enter a user namespace: a process between does.
        Some(_) => {
            vfork(
                &mut birth,
                Birth::give_in_home,
                &mut Stack::new(),
                libc::CLONE_FILES,
            )
            .map(reap)?;
        }
    }
    let pid = birth.result?;
    // SAFETY: the kernel made this descriptor for us.
    let pidfd = Arc::new(unsafe { OwnedFd::from_raw_fd(birth.pidfd) });
    let until_dead = UntilDead(&pidfd);
    alive(pid, Arc::clone(&pidfd));
    drop(until_dead);
    Ok(reap(pid))
}

/// All that the making of a process by [`run_sharing`] takes, and what comes of it.
struct Birth<'a, T> {
    call: Call<'a, T>,
    stack: *mut c_void,
    flags: c_int,
    home: [RawFd; 2],
    pidfd: c_int,
    /// The process id.
    result: Outcome<c_int>,
}

impl<T> Birth<'_, T> {
    fn give(&mut self) {
        let Self { stack, flags, .. } = *self;
        let pidfd = &raw mut self.pidfd;
        let call = (&raw mut self.call).cast();
        // SAFETY: `start::<T>` gets the pointer to a `Call<T>` that it expects. The stack and all
        // that the call borrows outlive the process, because `run_sharing` returns after its end
        // only. The kernel stores the descriptor before it returns.
        let pid = unsafe { libc::clone(start::<T>, stack, flags, call, pidfd) };
        self.result = check(pid).map(|()| pid);
    }

    /// Called by a process that exists for this, and shares our descriptors. The new process is not
    /// its child but its sister.
    fn give_in_home(&mut self) {
        match self.go_home() {
            Ok(()) => self.give(),
            Err(errno) => self.result = Err(errno),
        }
    }

    fn go_home(&mut self) -> Outcome {
        for namespace in self.home {
            // SAFETY: no memory is passed.
            check(unsafe { libc::setns(namespace, 0) })?;
        }
        self.flags |= libc::CLONE_PARENT;
        Ok(())
    }
}

/// When this goes, the process that a descriptor stands for is dead.
struct UntilDead<'a>(&'a OwnedFd);

impl Drop for UntilDead<'_> {
    /// It sleeps whatever happens: the process uses this thread's memory.
    fn drop(&mut self) {
        let fd = self.0.as_raw_fd();
        let mut poll = libc::pollfd {
            fd,
            events: libc::POLLIN,
            revents: 0,
        };
        let (forever, mask) = (ptr::null::<libc::timespec>(), ptr::null::<c_void>());
        while poll.revents == 0 {
            // SAFETY: the kernel reads and writes one such structure; no timeout, and no mask.
            unsafe { libc::syscall(libc::SYS_ppoll, &raw mut poll, 1, forever, mask, 0) };
        }
    }
}

/// The wait status of a dead process, and what it and all that it waited for used.
fn reap(pid: c_int) -> (c_int, libc::rusage) {
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: both pointers are to live values of the right type; all bytes zero is a valid rusage.
    let usage = unsafe {
        libc::wait4(pid, &raw mut status, libc::__WALL, usage.as_mut_ptr());
        usage.assume_init()
    };
    (status, usage)
}

/// Make a process that shares our memory, and runs a function until it ends or executes a program.
/// This thread sleeps until then. The result is the process id.
pub(super) fn vfork<T>(
    value: &mut T,
    run: fn(&mut T),
    stack: &mut Stack,
    flags: c_int,
) -> Outcome<c_int> {
    let mut call = Call { run, value };
    let flags = flags | libc::CLONE_VM | libc::CLONE_VFORK;
    // SAFETY: `start::<T>` gets the pointer to a `Call<T>` that it expects. The stack and all that
    // the call borrows outlive the process's use of them, because CLONE_VFORK suspends this thread
    // until the process no longer uses this memory.
    let pid = unsafe { libc::clone(start::<T>, stack.top(), flags, (&raw mut call).cast()) };
    check(pid).map(|()| pid)
}

/// The first function of a new process.
extern "C" fn start<T>(argument: *mut c_void) -> c_int {
    // SAFETY: the argument points to such a value, which its maker does not touch meanwhile.
    let call = unsafe { &mut *argument.cast::<Call<'_, T>>() };
    (call.run)(call.value);
    exit()
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

/// The result of a system call, as the C library gives it.
fn check(result: impl Into<c_long>) -> Outcome {
    if result.into() < 0 {
        Err(last_errno())
    } else {
        Ok(())
    }
}

/// The arrays of pointers that `execve` wants.
pub(super) struct Pointers<'a> {
    program: &'a CStr,
    args: Vec<*const c_char>,
    env: Vec<*const c_char>,
}

impl<'a> Pointers<'a> {
    pub(super) fn new(program: &'a CStr, args: &'a [CString], env: &'a [CString]) -> Self {
        let list = |strings: &[CString]| {
            strings
                .iter()
                .map(|s| s.as_ptr())
                .chain([ptr::null()])
                .collect()
        };
        Self {
            program,
            args: list(args),
            env: list(env),
        }
    }
}

/// Execute a program. This returns if that failed.
pub(super) fn execute(pointers: &Pointers<'_>) -> c_int {
    let Pointers { program, args, env } = pointers;
    // SAFETY: the program is a C string; the arrays hold C strings and end with a null pointer.
    unsafe { libc::execve(program.as_ptr(), args.as_ptr(), env.as_ptr()) };
    last_errno()
}

/// Sleep while a number has this value. It may return for no reason.
pub(super) fn futex_wait(number: &AtomicU32, value: u32) {
    futex(number, libc::FUTEX_WAIT, value);
}

/// Wake all who sleep on a number.
pub(super) fn futex_wake(number: &AtomicU32) {
    futex(number, libc::FUTEX_WAKE, u32::MAX >> 1);
}

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

/// Have the kernel send a signal to the program of a command when the thread that starts it ends,
/// however that comes.
pub fn follow_parent(command: &mut Command, signal: Signal) {
    let parent = getpid();
    let follow = move || {
        set_pdeathsig(signal)?;
        // The parent may be dead already.
        if getppid() == parent {
            Ok(())
        } else {
            Err(Errno::ESRCH.into())
        }
    };
    // SAFETY: this makes two system calls; it allocates nothing and takes no lock.
    unsafe { command.pre_exec(follow) };
}

/// Reap whatever ends until this process does, and return its wait status.
pub(super) fn wait_for(program: c_int) -> c_int {
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
pub(super) fn max_rss(who: c_int) -> i64 {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is to a live value; all bytes zero is a valid rusage.
    let usage = unsafe {
        libc::getrusage(who, usage.as_mut_ptr());
        usage.assume_init()
    };
    usage.ru_maxrss
}

/// Read the beginning of a file.
pub(super) fn read(path: &CStr, buffer: &mut [u8]) -> Outcome<usize> {
    let fd = open(path, libc::O_RDONLY)?;
    let length = read_some(fd, buffer);
    close(fd)?;
    length
}

/// Pass a whole file, piece by piece, to a function.
pub(super) fn read_all(path: &CStr, mut piece: impl FnMut(&[u8])) -> Outcome {
    let fd = open(path, libc::O_RDONLY)?;
    let mut buffer = [0; 512];
    let result = loop {
        match read_some(fd, &mut buffer) {
            Ok(0) => break Ok(()),
            Ok(length) => piece(buffer.get(..length).unwrap_or_default()),
            Err(errno) => break Err(errno),
        }
    };
    close(fd)?;
    result
}

fn read_some(fd: RawFd, buffer: &mut [u8]) -> Outcome<usize> {
    // SAFETY: the kernel writes at most the length of the buffer to it.
    let length = unsafe { libc::read(fd, buffer.as_mut_ptr().cast(), buffer.len()) };
    usize::try_from(length).map_err(|_| last_errno())
}

/// Move the streams out of the way first: one of them may lie where another belongs.
pub(super) fn connect(streams: &[RawFd; 3]) -> Outcome {
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

pub(super) fn close_files() -> Outcome {
    // SAFETY: no memory is passed; nothing of this process uses any of these descriptors.
    check(unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, 0_u32) })
}

pub(super) fn open(path: &CStr, flags: c_int) -> Outcome<RawFd> {
    // SAFETY: the path is a C string.
    let fd = unsafe { libc::open(path.as_ptr(), flags | libc::O_CLOEXEC, 0o666) };
    check(fd).map(|()| fd)
}

pub(super) fn close(fd: RawFd) -> Outcome {
    // SAFETY: the caller made this descriptor.
    check(unsafe { libc::close(fd) })
}

pub(super) fn write(path: &CStr, text: &CStr) -> Outcome {
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

pub(super) fn umask(mask: u32) {
    // SAFETY: no memory is passed; the mask is not shared, since there is no CLONE_FS.
    unsafe { libc::umask(mask as libc::mode_t) };
}

pub(super) fn hostname(name: &CStr) -> Outcome {
    // SAFETY: the length is that of the string.
    check(unsafe { libc::sethostname(name.as_ptr(), name.count_bytes()) })
}

pub(super) fn domainname(name: &CStr) -> Outcome {
    // SAFETY: the length is that of the string.
    check(unsafe { libc::setdomainname(name.as_ptr(), name.count_bytes()) })
}

/// Leave the caller's session keyring for a new one without a name, which goes with the last process
/// that has it (keyctl(2)).
pub(super) fn session_keyring() -> Outcome {
    /// Of linux/keyctl.h.
    const JOIN_SESSION_KEYRING: c_long = 1;
    let name = ptr::null::<c_char>();
    // SAFETY: null is no name; no other memory is passed.
    check(unsafe { libc::syscall(libc::SYS_keyctl, JOIN_SESSION_KEYRING, name) })
}

pub(super) fn loopback() -> Outcome {
    /// `IFF_UP` and `IFF_RUNNING`, which are wider in the C library than in the structure.
    const FLAGS: i16 = 0x1 | 0x40;
    // SAFETY: no memory is passed.
    let fd = unsafe { libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0) };
    check(fd)?;
    // SAFETY: all bytes zero is a valid ifreq; the kernel reads it only.
    let result = unsafe {
        let mut request: libc::ifreq = std::mem::zeroed();
        for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
            *to = from.cast_signed() as c_char;
        }
        request.ifr_ifru.ifru_flags = FLAGS;
        check(libc::ioctl(fd, libc::SIOCSIFFLAGS as _, &raw const request))
    };
    close(fd)?;
    result
}

pub(super) fn prctl(option: c_int, value: c_ulong) -> Outcome {
    const ZERO: c_ulong = 0;
    // SAFETY: the options used here take numbers, no memory.
    check(unsafe { libc::prctl(option, value, ZERO, ZERO, ZERO) })
}

pub(super) fn enter(path: &CStr) -> Outcome {
    // SAFETY: the path is a C string.
    check(unsafe { libc::chdir(path.as_ptr()) })
}

pub(super) fn mount(
    source: &CStr,
    target: &CStr,
    kind: Option<&CString>,
    flags: libc::c_ulong,
    options: &CStr,
) -> Outcome {
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

/// Set and clear attributes of the mount at a path (`MOUNT_ATTR_…`), and leave all others; if it is
/// recursive, of all mounts in it, too.
pub(super) fn attributes(path: &CStr, [set, clear]: [u64; 2], recursive: bool) -> Outcome {
    // `struct mount_attr` of linux/mount.h: what to set, what to clear, propagation, and a descriptor
    // that only mapped mounts need.
    let change: [u64; 4] = [set, clear, 0, 0];
    let flags = if recursive { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: the path is a C string; the structure has the length that is given.
    check(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            path.as_ptr(),
            flags,
            change.as_ptr(),
            size_of_val(&change),
        )
    })
}

/// Open a copy of the mounts from the working directory down. It belongs to no mount namespace, and is
/// there as long as something refers to it.
pub(super) fn copy_mounts() -> Outcome<RawFd> {
    /// `OPEN_TREE_CLONE` of linux/mount.h; `OPEN_TREE_CLOEXEC` there is `O_CLOEXEC`.
    const CLONE: c_int = 1;
    let flags = CLONE | libc::O_CLOEXEC | libc::AT_RECURSIVE;
    // SAFETY: the path is a C string.
    let fd = unsafe { libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, c".".as_ptr(), flags) };
    check(fd)?;
    RawFd::try_from(fd).map_err(|_| libc::EBADF)
}

pub(super) fn enter_fd(directory: RawFd) -> Outcome {
    // SAFETY: no memory is passed.
    check(unsafe { libc::fchdir(directory) })
}

pub(super) fn directory(path: &CStr, mode: u32) -> Outcome {
    // SAFETY: the path is a C string.
    check(unsafe { libc::mkdir(path.as_ptr(), mode as libc::mode_t) })
}

pub(super) fn link(to: &CStr, path: &CStr) -> Outcome {
    // SAFETY: both are C strings.
    check(unsafe { libc::symlink(to.as_ptr(), path.as_ptr()) })
}

/// Make the working directory the root of this process.
pub(super) fn chroot_here() -> Outcome {
    // SAFETY: the path is a C string.
    check(unsafe { libc::chroot(c".".as_ptr()) })
}

pub(super) fn limit(which: c_int, value: u64) -> Outcome {
    let value = libc::rlimit64 {
        rlim_cur: value,
        rlim_max: value,
    };
    let old = ptr::null_mut::<libc::rlimit64>();
    // SAFETY: the kernel reads the new value and is asked for no old one.
    check(unsafe { libc::syscall(libc::SYS_prlimit64, 0, which, &raw const value, old) })
}

pub(super) fn session() -> Outcome {
    // SAFETY: no memory is passed.
    check(unsafe { libc::setsid() })
}

/// Make the terminal that is standard input that of this session, which has none.
pub(super) fn controlling_terminal() -> Outcome {
    // SAFETY: the argument is a number.
    check(unsafe { libc::ioctl(0, libc::TIOCSCTTY, 0) })
}

/// Put a filter on the system calls of this process and all that it starts. It has given up gaining
/// privileges before.
///
/// The flag keeps kernels before 5.16 from slowing a filtered process down for the sake of a processor's
/// speculation, which protects programs from scripts that run inside of them.
pub(super) fn filter(program: &[libc::sock_filter]) -> Outcome {
    let program = libc::sock_fprog {
        len: c_ushort::try_from(program.len()).map_err(|_| libc::E2BIG)?,
        filter: program.as_ptr().cast_mut(),
    };
    // SAFETY: the kernel reads as many instructions as the length says.
    check(unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            libc::SECCOMP_FILTER_FLAG_SPEC_ALLOW,
            &raw const program,
        )
    })
}

/// Keep the capabilities of this mask, which knows the first 32 only. `capset` takes effective,
/// permitted and inheritable ones of those, then of the others.
pub(super) fn capabilities(mask: u32) -> Outcome {
    const VERSION_3: u32 = 0x2008_0522;
    let header: [u32; 2] = [VERSION_3, 0];
    let data: [u32; 6] = [mask, mask, 0, 0, 0, 0];
    // SAFETY: header and data have the layout of version 3.
    check(unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), data.as_ptr()) })
}

pub(super) fn fixed_addresses() -> Outcome {
    // SAFETY: no memory is passed.
    check(unsafe { libc::personality(libc::ADDR_NO_RANDOMIZE as libc::c_ulong) })
}

/// Executing a program resets handlers, but keeps what is ignored: Rust's runtime ignores SIGPIPE.
pub(super) fn default_signals() -> Outcome {
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

/// Set the flag of `chattr +T`.
pub(super) fn mark_top_directory(directory: &File) -> Outcome {
    /// `FS_TOPDIR_FL` of linux/fs.h.
    const TOP_DIRECTORY: c_int = 0x0002_0000;
    let (fd, mut flags) = (directory.as_raw_fd(), 0);
    // SAFETY: in spite of their names, both requests are for a pointer to an `int`.
    unsafe {
        check(libc::ioctl(fd, libc::FS_IOC_GETFLAGS, &raw mut flags))?;
        flags |= TOP_DIRECTORY;
        check(libc::ioctl(fd, libc::FS_IOC_SETFLAGS, &raw const flags))
    }
}
