//! Why bytes could not be fetched, place by place, and what to do about it.

use std::fmt::{self, Write as _};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use super::address::Shown;
use crate::plan::{Digest, Source};

/// What to do when there can be no more threads.
pub const THREADS_HINT: &str = "this user or container may have no more processes and threads: raise `ulimit -u`, or \
     `pids.max` of the control group, or do less at a time";

/// Why one place did not give the bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Other bytes than the pinned ones.
    #[error("has other bytes: got `{got}`, expected `{expected}`")]
    Mismatch {
        /// The pin.
        expected: Digest,
        /// What came.
        got: Digest,
    },
    /// The server's answer was not the file.
    #[error("answers {status}{}", named_status(*.status))]
    Status {
        /// The status code of HTTP.
        status: u16,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
    /// No connection: an unknown name, a closed port, a network that is down.
    #[error("cannot be reached: {0}")]
    Connect(String),
    /// The server's certificate was not accepted.
    #[error("cannot be trusted: {0}")]
    Certificate(String),
    /// No answer, or no more bytes, for as long as the settings allow.
    #[error("sent nothing for {} s", .0.as_secs_f32())]
    Stalled(Duration),
    /// A cache that said nothing for so long; it is not asked again.
    #[error("said nothing for {} s, and is not asked again", .0.as_secs_f32())]
    Silent(Duration),
    /// The connection broke, or what came was not HTTP.
    #[error("broke off: {0}")]
    Broken(String),
    /// A part of the file, of which the server does not say where it belongs.
    #[error("sent a part, but not which one")]
    UnnamedPart,
    /// A circle of redirects, or too long a chain.
    #[error("redirects too often")]
    Redirects,
    /// A redirect from `https` to `http`, of what only the connection vouches for.
    #[error("redirects from `https` to `http`, where anybody may have changed it")]
    Downgrade,
    /// Not an address that we can fetch from.
    #[error("is no address to fetch from: {0}")]
    Address(String),
    /// Not tried, since the run is offline.
    #[error("was not tried: offline")]
    Offline,
    /// A file on this machine that cannot be read.
    #[error("cannot be read: {0}")]
    File(String),
    /// A cache that does not have it.
    #[error("does not have it")]
    Absent,
    /// A cache that failed.
    #[error("failed: {0}")]
    Cache(String),
    /// No mirror is known for it.
    #[error("has no mirror in the settings")]
    NoMirror,
}

impl Reason {
    /// What a cache says of its failure, without secrets.
    pub(super) fn cache(error: impl fmt::Display) -> Reason {
        Reason::Cache(Shown::from(error.to_string()).to_string())
    }

    /// Whether the same place may give the bytes later.
    pub fn may_pass(&self) -> bool {
        match self {
            Reason::Connect(_) | Reason::Stalled(_) | Reason::Broken(_) => true,
            Reason::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500..),
            _ => false,
        }
    }
}

fn named_status(status: u16) -> String {
    match reqwest::StatusCode::from_u16(status).map(|code| code.canonical_reason()) {
        Ok(Some(reason)) => format!(" {reason}"),
        _ => String::new(),
    }
}

/// A place that was tried, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// An address, a path, or the name of a cache.
    pub place: Shown,
    /// Why it did not give the bytes.
    pub reason: Reason,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.place, self.reason)
    }
}

/// Why a source could not be fetched. It is cheap to clone: everybody who waits for one download
/// gets the same error.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FetchError {
    /// No place had the bytes.
    #[error("{}", describe(.file_name, .digest, .attempts))]
    Unavailable {
        /// What upstream calls the file.
        file_name: String,
        /// The pin.
        digest: Digest,
        /// Every place, in the order in which they were given up.
        attempts: Arc<[Attempt]>,
    },
    /// The bytes cannot be written down here.
    #[error("cannot write `{path}`")]
    Disk {
        /// The file or directory.
        path: Utf8PathBuf,
        /// What the system says.
        source: Arc<io::Error>,
    },
    /// The destination did not take the bytes.
    #[error("cannot store `{file_name}`")]
    Keep {
        /// What upstream calls the file.
        file_name: String,
        /// What the destination says.
        source: Arc<io::Error>,
    },
    /// The program cannot speak to the network at all.
    #[error("cannot prepare for the network: {0}")]
    Client(String),
    /// There can be no thread for a connection.
    #[error("cannot start a thread for a connection\nhint: {THREADS_HINT}")]
    Threads(#[source] Arc<io::Error>),
    /// The run was cancelled.
    #[error("cancelled")]
    Cancelled,
}

/// The kinds of [`FetchError`] that callers tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchErrorKind {
    /// At least one place had other bytes than the pinned ones, and none had the right ones.
    HashMismatch,
    /// No place could be reached, or none has the file.
    Unreachable,
    /// This machine is at fault: disk, permissions, settings.
    Local,
    /// Nobody's fault.
    Cancelled,
}

impl FetchError {
    pub(super) fn disk(path: &Utf8Path, source: io::Error) -> FetchError {
        FetchError::Disk {
            path: path.to_owned(),
            source: Arc::new(source),
        }
    }

    pub(super) fn keep(source: &Source, error: io::Error) -> FetchError {
        FetchError::Keep {
            file_name: source.file_name.clone(),
            source: Arc::new(error),
        }
    }

    /// What kind of error it is, for exit codes.
    pub fn kind(&self) -> FetchErrorKind {
        match self {
            FetchError::Unavailable { attempts, .. } => {
                if attempts.iter().any(is_mismatch) {
                    FetchErrorKind::HashMismatch
                } else {
                    FetchErrorKind::Unreachable
                }
            }
            FetchError::Disk { .. }
            | FetchError::Keep { .. }
            | FetchError::Client(_)
            | FetchError::Threads(_) => FetchErrorKind::Local,
            FetchError::Cancelled => FetchErrorKind::Cancelled,
        }
    }
}

fn is_mismatch(attempt: &Attempt) -> bool {
    matches!(attempt.reason, Reason::Mismatch { .. })
}

fn describe(file_name: &str, digest: &Digest, attempts: &[Attempt]) -> String {
    let mut text = format!("cannot fetch `{file_name}` with the hash `{digest}`");
    for attempt in attempts {
        let _ = write!(text, "\n  {attempt}");
    }
    for hint in hints(attempts) {
        let _ = write!(text, "\nhint: {hint}");
    }
    text
}

/// What may help, given what went wrong.
fn hints(attempts: &[Attempt]) -> Vec<&'static str> {
    let any = |is: fn(&Reason) -> bool| attempts.iter().any(|attempt| is(&attempt.reason));
    let mut hints = Vec::new();
    if attempts.is_empty() {
        hints.push("the source names no origin; add one, or a cache that has the file");
    }
    if any(|reason| matches!(reason, Reason::Mismatch { .. })) {
        hints.push("if upstream replaced the file, compare both versions before changing the pin");
    }
    if any(|reason| matches!(reason, Reason::Offline)) {
        hints.push("run without `--offline`, or import the sources from a machine with a network");
    }
    if any(|reason| matches!(reason, Reason::Certificate(_))) {
        hints.push("install the certificates of this system's trusted authorities");
    }
    if any(|reason| matches!(reason, Reason::Connect(_) | Reason::Stalled(_))) {
        hints.push(
            "behind a proxy set `HTTPS_PROXY`; \
             `DISTILL_DEBIAN_MIRROR` may name mirrors of Debian's archive that can be reached",
        );
    }
    hints
}
