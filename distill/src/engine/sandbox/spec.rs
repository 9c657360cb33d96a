//! What a sandbox is, as plain data: comparable, printable, without handles.

use std::os::fd::OwnedFd;

use camino::Utf8PathBuf;

use super::limits::Limits;

/// One run of one program in fresh namespaces.
///
/// Paths named *host* are paths of the caller; all others are paths inside the sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// The file systems, each made of stacked trees, all of them read-only; the one at `/` comes first.
    pub root: Vec<Stack>,
    /// Whether layers are stacked by the kernel or copied before the start.
    pub method: Method,
    /// What the program may write to, beside `/tmp` and `/dev/shm`, which are empty at its start.
    pub writable: Vec<Writable>,
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

/// Trees that appear merged at one place, and that nobody can change.
///
/// No two layers hold the same path, except for directories; the caller has checked that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    /// Where the stack appears: `/`, or a directory such as `/sysroot/x86_64-linux-musl`.
    pub at: Utf8PathBuf,
    /// Host directories, lowest first. They are never written to.
    pub layers: Vec<Utf8PathBuf>,
    /// Host directory, private to this sandbox, on top of the layers: it holds the directories that
    /// something is mounted on, and the copies of the layers where those are not stacked. It must be
    /// empty at the first start.
    pub top: Utf8PathBuf,
}

/// A directory that belongs to the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writable {
    /// Where it appears, such as `/out`.
    pub at: Utf8PathBuf,
    /// Host directory, private to this sandbox, that the program sees there and writes to.
    pub directory: Utf8PathBuf,
}

/// How the layers of a stack become one file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// overlayfs stacks them: nothing is copied.
    Overlay,
    /// They were copied into the directory on top, by [`populate`](super::populate).
    Copy,
}

/// Where the standard streams of the program go.
#[derive(Debug)]
pub struct Io {
    /// What the program reads.
    pub stdin: Input,
    /// Where it prints to.
    pub stdout: OwnedFd,
    /// Where it complains to; mostly the same pipe as `stdout`.
    pub stderr: OwnedFd,
}

/// Standard input of the program.
#[derive(Debug)]
pub enum Input {
    /// Empty; the program gets a session of its own, without a terminal.
    Null,
    /// This descriptor, which is no terminal; the program gets a session of its own.
    Fd(OwnedFd),
    /// This terminal, which becomes that of the program's session. It must be the program's alone:
    /// whoever has a terminal can read what others type into it.
    Terminal(OwnedFd),
}

impl Io {
    /// No input, and both outputs into one descriptor, such as a pipe that is logged.
    pub fn logged(log: OwnedFd) -> std::io::Result<Self> {
        Ok(Self {
            stdin: Input::Null,
            stdout: log.try_clone()?,
            stderr: log,
        })
    }

    /// All three streams on one terminal.
    pub fn terminal(terminal: OwnedFd) -> std::io::Result<Self> {
        Ok(Self {
            stdout: terminal.try_clone()?,
            stderr: terminal.try_clone()?,
            stdin: Input::Terminal(terminal),
        })
    }
}
