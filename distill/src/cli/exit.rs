//! Exit codes: what a script can tell apart.

use std::error::Error;

use crate::engine::{BuildError, ExecuteError, RootError};
use crate::fetch::FetchErrorKind;
use crate::store::StoreError;
use crate::store::io::IoError;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It did what it was asked.
    Success,
    /// A definition is wrong, or anything that has no code of its own.
    Definition,
    /// The arguments or the environment are wrong.
    Usage,
    /// A build failed.
    BuildFailed,
    /// A build ran too long.
    Timeout,
    /// A source has another hash than the pinned one.
    HashMismatch,
    /// A source is nowhere to be had.
    Unreachable,
    /// A second build made something else.
    NotReproducible,
    /// This machine lacks something.
    Unfit,
    /// Stopped with Ctrl-C.
    Interrupted,
    /// Distill has a defect.
    Internal,
}

impl Exit {
    /// All of them, with what `--help` says.
    pub const ALL: [(Exit, &'static str); 11] = [
        (Exit::Success, "success"),
        (Exit::Definition, "a definition is wrong, or another error"),
        (Exit::Usage, "the arguments or the environment are wrong"),
        (Exit::BuildFailed, "a build failed"),
        (Exit::Timeout, "a build ran too long"),
        (
            Exit::HashMismatch,
            "a source has another hash than it is pinned to",
        ),
        (
            Exit::Unreachable,
            "a source cannot be fetched from anywhere",
        ),
        (Exit::NotReproducible, "a second build made something else"),
        (
            Exit::Unfit,
            "this machine lacks something (`doctor` says what)",
        ),
        (Exit::Interrupted, "stopped with Ctrl-C"),
        (Exit::Internal, "a defect of Distill"),
    ];

    /// The exit status of the process.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Definition => 1,
            Exit::Usage => 2,
            Exit::BuildFailed => 10,
            Exit::Timeout => 11,
            Exit::HashMismatch => 12,
            Exit::Unreachable => 13,
            Exit::NotReproducible => 14,
            Exit::Unfit => 15,
            Exit::Interrupted => 130,
            Exit::Internal => 255,
        }
    }
}

impl From<&BuildError> for Exit {
    /// Of several failures, the one with the highest status counts: it is the furthest from what the
    /// recipes say, so that it may be behind the others (15 before 13 before 10 before 1).
    fn from(error: &BuildError) -> Exit {
        match error {
            BuildError::Definition(_) => Exit::Definition,
            BuildError::Failed { failures, .. } => failures
                .iter()
                .map(|failure| Exit::from(&failure.error))
                .max_by_key(|exit| exit.code())
                .unwrap_or(Exit::BuildFailed),
            BuildError::WrongMachine(_) => Exit::Unfit,
            BuildError::Cancelled => Exit::Interrupted,
            BuildError::Store(error) => error.into(),
            BuildError::Panicked { .. } => Exit::Internal,
            BuildError::Threads(_) => Exit::Unfit,
        }
    }
}

impl From<&ExecuteError> for Exit {
    fn from(error: &ExecuteError) -> Exit {
        match error {
            ExecuteError::Timeout { .. } => Exit::Timeout,
            ExecuteError::Cancelled => Exit::Interrupted,
            ExecuteError::NotReproducible { .. } | ExecuteError::CacheRefuted { .. } => {
                Exit::NotReproducible
            }
            ExecuteError::Fetch(error) => match error.kind() {
                FetchErrorKind::HashMismatch => Exit::HashMismatch,
                FetchErrorKind::Unreachable => Exit::Unreachable,
                FetchErrorKind::Local => Exit::Unfit,
                FetchErrorKind::Cancelled => Exit::Interrupted,
            },
            ExecuteError::Root(RootError::Store(error)) | ExecuteError::Store(error) => {
                error.into()
            }
            ExecuteError::Io(error) => error.into(),
            ExecuteError::Sandbox(error) => error.into(),
            // What the recipe says cannot be done, whatever a program does.
            ExecuteError::Root(_) | ExecuteError::Unmatched { .. } | ExecuteError::Kind { .. } => {
                Exit::Definition
            }
            ExecuteError::NoRoom { .. }
            | ExecuteError::WrongMachine(_)
            | ExecuteError::LeftElsewhere { .. } => Exit::Unfit,
            ExecuteError::Intake(_) | ExecuteError::Disk(_) if is_of_the_machine(error) => {
                Exit::Unfit
            }
            ExecuteError::Failed { .. }
            | ExecuteError::NoOutput
            | ExecuteError::NoFile(_)
            | ExecuteError::Intake(_)
            | ExecuteError::Disk(_) => Exit::BuildFailed,
        }
    }
}

impl From<&crate::engine::sandbox::SandboxError> for Exit {
    fn from(error: &crate::engine::sandbox::SandboxError) -> Exit {
        use crate::engine::sandbox::SandboxError;
        match error {
            SandboxError::Execute { .. } | SandboxError::Killed { .. } => Exit::BuildFailed,
            SandboxError::Place { .. } | SandboxError::Nul { .. } => Exit::Definition,
            _ => Exit::Unfit,
        }
    }
}

impl From<&StoreError> for Exit {
    fn from(error: &StoreError) -> Exit {
        match error {
            StoreError::Io(error) => error.into(),
            StoreError::Version { .. } | StoreError::NotAStore { .. } => Exit::Unfit,
            _ => Exit::Definition,
        }
    }
}

impl From<&IoError> for Exit {
    fn from(error: &IoError) -> Exit {
        if is_of_the_machine(error) {
            Exit::Unfit
        } else {
            Exit::Definition
        }
    }
}

/// Whether an error of the system is behind it that is the machine's matter, such as a full disk.
fn is_of_the_machine(error: &(dyn Error + 'static)) -> bool {
    use std::io::ErrorKind as Kind;
    let mut cause = Some(error);
    while let Some(error) = cause {
        let io: Option<&std::io::Error> = error.downcast_ref();
        match io.map(std::io::Error::kind) {
            Some(
                Kind::StorageFull
                | Kind::QuotaExceeded
                | Kind::ReadOnlyFilesystem
                | Kind::PermissionDenied,
            ) => return true,
            _ => cause = error.source(),
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};
    use std::time::Duration;

    use super::*;
    use crate::cli::error::CliError;
    use crate::engine::sandbox::{SandboxError, Status};
    use crate::engine::{Failure, Machine};
    use crate::fetch::{Attempt, FetchError, Reason};
    use crate::plan::{Arch, BuildPlatform, Digest, Hash, Name, Object};
    use crate::store::io::At as _;

    fn fetch(reasons: impl IntoIterator<Item = Reason>) -> ExecuteError {
        let attempt = |reason| Attempt {
            place: "there".into(),
            reason,
        };
        let (file_name, digest) = ("x.tar".to_owned(), Digest::from(Hash::of("x")));
        let attempts = reasons.into_iter().map(attempt).collect();
        FetchError::Unavailable {
            file_name,
            digest,
            attempts,
        }
        .into()
    }

    fn io(kind: ErrorKind) -> IoError {
        Err::<(), _>(Error::from(kind))
            .at("write", "/x")
            .unwrap_err()
    }

    #[test]
    fn every_kind_of_failure_has_its_status() {
        let (expected, got) = (Digest::from(Hash::of("a")), Digest::from(Hash::of("b")));
        let (recorded, now) = (Object::Blob(expected), Object::Blob(got));
        let cases: Vec<(ExecuteError, u8)> = vec![
            (
                ExecuteError::Failed {
                    status: Status::Signal(9),
                },
                10,
            ),
            (ExecuteError::NoOutput, 10),
            (
                ExecuteError::NoRoom {
                    status: Status::Code(1),
                },
                15,
            ),
            (
                ExecuteError::Timeout {
                    limit: Duration::from_secs(1),
                },
                11,
            ),
            (
                fetch([Reason::Absent, Reason::Mismatch { expected, got }]),
                12,
            ),
            (fetch([Reason::Offline]), 13),
            (
                ExecuteError::NotReproducible {
                    recorded,
                    now,
                    changes: Vec::new(),
                },
                14,
            ),
            (
                SandboxError::Namespaces {
                    source: Error::from(ErrorKind::PermissionDenied),
                }
                .into(),
                15,
            ),
            (io(ErrorKind::StorageFull).into(), 15),
            (io(ErrorKind::ReadOnlyFilesystem).into(), 15),
            (io(ErrorKind::NotFound).into(), 1),
            (RootError::NoProgram.into(), 1),
            (
                Machine::here()
                    .check(&BuildPlatform {
                        arch: Arch::X86_64,
                        needs: [Name::new("kvm").unwrap()].into(),
                    })
                    .unwrap_err()
                    .into(),
                15,
            ),
            (ExecuteError::Cancelled, 130),
            (FetchError::Cancelled.into(), 130),
        ];
        for (error, code) in cases {
            let text = error.to_string();
            let (label, location, log) = (String::new(), None, None);
            let failure = Failure {
                label,
                plan: None,
                location,
                log,
                tail: Vec::new(),
                hints: Vec::new(),
                error,
                also: Vec::new(),
            };
            let build = BuildError::Failed {
                failures: vec![failure],
                skipped: 0,
            };
            assert_eq!(CliError::from(build).exit().code(), code, "{text}");
        }
    }

    #[test]
    fn no_two_have_one_code() {
        let mut codes = Exit::ALL.map(|(exit, _)| exit.code());
        codes.sort_unstable();
        assert!(codes.windows(2).all(|pair| pair[0] < pair[1]), "{codes:?}");
    }
}
