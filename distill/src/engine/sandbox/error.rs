//! What can go wrong before the program runs.

use std::io;

use camino::Utf8PathBuf;

use super::limits::LowLimit;

/// Why a sandbox could not be started. What the program does later is no error of the sandbox.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The list of stacks is empty, or its first one is not at `/`, or one is not at a clean path.
    #[error("cannot place a file system at `{at}`: want `/` first, then clean absolute paths")]
    Place {
        /// Where the stack should have appeared.
        at: Utf8PathBuf,
    },
    /// A path, argument or variable that no system call can take.
    #[error("cannot pass `{text}` to a program: it holds a NUL byte")]
    Nul {
        /// The text, escaped.
        text: String,
    },
    /// The directory that something is to be mounted on could not be made.
    #[error("cannot make mount point `{path}`")]
    MountPoint {
        /// Host path.
        path: Utf8PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A resource limit of the caller's is lower than what programs are promised.
    #[error(transparent)]
    Limit(#[from] LowLimit),
    /// A layer could not be copied.
    #[error("cannot copy `{from}` to `{to}`")]
    Copy {
        /// Host path of the original.
        from: Utf8PathBuf,
        /// Host path of the copy.
        to: Utf8PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A standard stream could not be opened, or no thread be started.
    #[error("cannot prepare the start of `{program}`")]
    Prepare {
        /// The program inside.
        program: Utf8PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The kernel refused to make the namespaces.
    #[error(
        "cannot make namespaces for a sandbox\nhint: `doctor` says what this machine lacks and how to \
         allow it"
    )]
    Namespaces {
        /// Why.
        source: io::Error,
    },
    /// A step of the setup failed inside the new namespaces.
    #[error("cannot set up the sandbox: failed to {step}{hint}")]
    Step {
        /// What was tried, with its path.
        step: String,
        /// What to look at, on a line of its own, or nothing.
        hint: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The program could not be executed.
    #[error("cannot execute `{program}` in the sandbox{}", exec_hint(source))]
    Execute {
        /// The program inside.
        program: Utf8PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something killed the sandbox while it was set up, such as the kernel for want of memory.
    #[error("the sandbox of `{program}` was killed while it was set up")]
    Killed {
        /// The program inside.
        program: Utf8PathBuf,
    },
}

/// The reason that a missing file often has.
fn exec_hint(source: &io::Error) -> &'static str {
    if source.kind() == io::ErrorKind::NotFound {
        "\nhint: it, or the interpreter that it names, is in none of the layers"
    } else {
        ""
    }
}
