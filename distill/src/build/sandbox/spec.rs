//! What a sandbox is, as plain data: comparable, printable, without handles.

use std::os::fd::OwnedFd;

use camino::Utf8PathBuf;

/// One run of one program in fresh namespaces.
///
/// Paths named *host* are paths of the caller; all others are paths inside the sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// The file systems, each made of stacked trees; the one at `/` comes first.
    pub root: Vec<Stack>,
    /// Whether layers are stacked by the kernel or copied before the start.
    pub method: Method,
    /// Host directory that the program sees, and fills, at `/out`.
    pub out: Utf8PathBuf,
    /// The program to run, as an absolute path inside.
    pub program: Utf8PathBuf,
    /// Its arguments, without the name of the program itself.
    pub args: Vec<String>,
    /// The environment, exactly: nothing is added to it.
    pub env: Vec<(String, String)>,
    /// The directory that the program starts in.
    pub cwd: Utf8PathBuf,
    /// The name that `uname` gives.
    pub hostname: String,
    /// Host FIFO that holds GNU make's tokens; it lies at `/dev/jobserver`.
    pub jobserver: Option<Utf8PathBuf>,
    /// Resource limits of the program and everything it starts.
    pub limits: Limits,
}

/// Read-only trees that appear merged at one place, with a private layer on top that takes writes.
///
/// No two layers hold the same path, except for directories; the caller has checked that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    /// Where the stack appears: `/`, or a directory such as `/sysroot/x86_64-linux-musl`.
    pub at: Utf8PathBuf,
    /// Host directories, lowest first. They are never written to.
    pub layers: Vec<Utf8PathBuf>,
    /// Host directory, private to this sandbox, that receives every change.
    pub upper: Utf8PathBuf,
    /// Empty host directory on the file system of `upper`, for overlayfs to work in.
    pub work: Utf8PathBuf,
}

/// How the layers of a stack become one file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// overlayfs stacks them: nothing is copied.
    Overlay,
    /// They were copied into the upper directory, by [`populate`](super::populate).
    Copy,
}

/// Resource limits. Where the caller's own hard limit is lower, that one holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// File descriptors of one process.
    pub open_files: u64,
    /// Bytes of stack of one process. It decides how long a command line may be, too.
    pub stack: u64,
    /// Bytes of address space of one process, if limited.
    pub address_space: Option<u64>,
    /// Bytes of one file, if limited.
    pub file_size: Option<u64>,
}

impl Default for Limits {
    /// What a fresh Linux system gives its users: 1024 files, 8 MiB of stack, no other limit.
    fn default() -> Self {
        Self {
            open_files: 1024,
            stack: 8 << 20,
            address_space: None,
            file_size: None,
        }
    }
}

/// Where the standard streams of the program go.
#[derive(Debug)]
pub struct Io {
    /// What the program reads.
    pub stdin: Input,
    /// Where it prints to.
    pub stdout: Output,
    /// Where it complains to; mostly the same pipe as `stdout`.
    pub stderr: Output,
}

/// Standard input of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Empty; the program gets a session of its own, without a terminal.
    Null,
    /// The caller's. If that is a terminal, the program becomes its foreground job.
    Inherit,
}

/// An output stream of the program.
#[derive(Debug)]
pub enum Output {
    /// The caller's.
    Inherit,
    /// This descriptor, which the caller gives away.
    Fd(OwnedFd),
}

impl Io {
    /// All three streams of the caller: what an interactive shell wants.
    pub fn inherit() -> Self {
        Self {
            stdin: Input::Inherit,
            stdout: Output::Inherit,
            stderr: Output::Inherit,
        }
    }

    /// No input, and both outputs into one descriptor, such as a pipe that is logged.
    pub fn logged(log: OwnedFd) -> std::io::Result<Self> {
        let stdout = Output::Fd(log.try_clone()?);
        Ok(Self {
            stdin: Input::Null,
            stdout,
            stderr: Output::Fd(log),
        })
    }
}
