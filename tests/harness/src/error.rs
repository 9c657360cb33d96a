//! Why a test does not go on.

use std::fmt;
use std::time::Duration;

use distill::machine::MachineError;
use distill::store::io::IoError;

/// Why a test does not go on. `Debug` is the message, so that a test which returns it is readable.
#[derive(thiserror::Error)]
pub enum LabError {
    /// The file system said no.
    #[error(transparent)]
    Io(#[from] IoError),
    /// Something could not be built.
    #[error("cannot build {what}\n{said}")]
    Build {
        /// What: `image` or a package.
        what: String,
        /// The exit status that the command line would have had: [`Exit`](distill::cli::Exit) tells
        /// them apart.
        status: u8,
        /// What the build said.
        said: String,
    },
    /// A platform that says no QEMU to run it in.
    #[error(
        "cannot boot `{platform}`: it does not say how\nhint: give it an `emulation`, or test the system on another platform"
    )]
    NoEmulation {
        /// Its name.
        platform: String,
    },
    /// An address, pattern or the like that cannot be read.
    #[error("cannot read `{text}`: {why}")]
    Invalid {
        /// The text.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// QEMU could not be started, or does not obey.
    #[error("machine `{machine}`: {source}")]
    Machine {
        /// The machine's name.
        machine: String,
        /// What is wrong.
        source: MachineError,
    },
    /// The machine was asked something while it was off.
    #[error("machine `{machine}` is off\nhint: `boot` starts it again")]
    Off {
        /// The machine's name.
        machine: String,
    },
    /// Something did not happen in time.
    #[error("machine `{machine}`: waited {limit:?} in vain for {what}{console}")]
    TimedOut {
        /// The machine's name.
        machine: String,
        /// For what.
        what: String,
        /// For how long.
        limit: Duration,
        /// What the machine has said.
        console: ConsoleLog,
    },
    /// A service is not ready, or never will be.
    #[error("machine `{machine}`: {said}{console}")]
    NotReady {
        /// The machine's name.
        machine: String,
        /// Which one, its state, and the last lines of its log.
        said: String,
        /// What the machine has said.
        console: ConsoleLog,
    },
    /// The machine has ended while it was needed.
    #[error("machine `{machine}` has ended ({status}) during {what}{console}")]
    Ended {
        /// The machine's name.
        machine: String,
        /// How QEMU ended.
        status: String,
        /// What was being done.
        what: String,
        /// What the machine has said.
        console: ConsoleLog,
    },
    /// The machine, or its agent, has started again while an answer was awaited.
    #[error("machine `{machine}` has started again during `{what}`{console}")]
    StartedAgain {
        /// The machine's name.
        machine: String,
        /// What was being done.
        what: String,
        /// What the machine has said.
        console: ConsoleLog,
    },
    /// A command that should have succeeded, or should have failed, did not.
    #[error(
        "machine `{machine}`: `{command}` ended with status {status}\n--- output\n{output}\n--- errors\n{errors}{console}"
    )]
    Command {
        /// The machine's name.
        machine: String,
        /// The command.
        command: String,
        /// Its exit status.
        status: i32,
        /// What it printed.
        output: String,
        /// What it printed on standard error.
        errors: String,
        /// What the machine has said.
        console: ConsoleLog,
    },
}

/// What a machine's console has said, as it stands at the end of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConsoleLog(pub String);

impl fmt::Display for ConsoleLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("\n--- the console is empty");
        }
        write!(f, "\n--- console\n{}\n---", self.0.trim_end())
    }
}

impl fmt::Debug for LabError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            write!(f, "\ncause: {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}
