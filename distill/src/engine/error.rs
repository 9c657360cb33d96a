//! Why something was not built.

use std::collections::BTreeMap;
use std::panic::Location;
use std::time::Duration;

use camino::Utf8PathBuf;

use super::machine::{ELSEWHERE, WrongMachine};
use super::part::RootError;
use super::sandbox::{SandboxError, Status};
use crate::fetch::{FetchError, THREADS_HINT};
use crate::plan::{Change, DefinitionError, Object, Plan, PlanHash, RelPath};
use crate::store::StoreError;
use crate::store::intake::IntakeError;
use crate::store::io::{FULL_HINT, IoError};

/// Why one plan could not be run, or what is wrong with what it made.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// The program ended with an error.
    #[error("the build {}{}", ended(*status), memory_hint(*status))]
    Failed {
        /// How it ended.
        status: Status,
    },
    /// The program ended with an error, and there is no room left.
    #[error("the build {}, and the disk of the store is full\nhint: {FULL_HINT}", ended(*status))]
    NoRoom {
        /// How it ended.
        status: Status,
    },
    /// The program ran too long.
    #[error("the build was still running after {} s\nhint: give the package a longer `timeout`, or all with `--timeout`", limit.as_secs())]
    Timeout {
        /// The limit.
        limit: Duration,
    },
    /// It was stopped.
    #[error("stopped")]
    Cancelled,
    /// There is nothing in `/out`.
    #[error(
        "the build wrote nothing to `/out`\nhint: install there, for example with `make install DESTDIR=/out`"
    )]
    NoOutput,
    /// The output is to be one file, which is not there.
    #[error("the build did not write the file `/out/{0}`")]
    NoFile(RelPath),
    /// The machine is not one that the plan may run on.
    #[error(transparent)]
    WrongMachine(#[from] WrongMachine),
    /// It was made elsewhere, and is needed here.
    #[error(
        "`{output}` was made elsewhere, and nobody gives its bytes\nhint: the place where the executor leaves outputs has to be among the caches"
    )]
    LeftElsewhere {
        /// What was made.
        output: Object,
    },
    /// The inputs do not make a root.
    #[error(transparent)]
    Root(#[from] RootError),
    /// A part of a tree was asked for that is not there.
    #[error(
        "`{input}` has nothing that matches {}\nhint: look with `plan`, or list the tree",
        quoted(patterns)
    )]
    Unmatched {
        /// The tree's label.
        input: String,
        /// The patterns.
        patterns: Vec<String>,
    },
    /// A tree stands where a blob belongs, or the reverse.
    #[error("`{input}` is {is}, but {wanted} is needed here")]
    Kind {
        /// The input's label.
        input: String,
        /// What it is.
        is: &'static str,
        /// What it should be.
        wanted: &'static str,
    },
    /// The sandbox could not be made.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// A source could not be had.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// An archive could not be unpacked, or an output not taken in.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// A disk image could not be written.
    #[error(transparent)]
    Disk(#[from] crate::disk::DiskError),
    /// A second run made something else.
    #[error("the build is not reproducible: {}", differences(changes))]
    NotReproducible {
        /// What was recorded.
        recorded: Object,
        /// What came now.
        now: Object,
        /// Where they differ, if both are trees.
        changes: Vec<Change>,
    },
    /// A run made something else than a cache had said. The record is replaced already.
    #[error(
        "the cache `{cache}` says that this plan made `{recorded}`, but here it made `{now}`\n\
         hint: the cache's record is dropped, and what was made here counts: run again\n\
         hint: `fsck --from-cache {cache}` drops everything else that this cache said\n\
         hint: if the cache is right, too, the build is not reproducible: `build --check` tells"
    )]
    CacheRefuted {
        /// The cache.
        cache: String,
        /// What it said.
        recorded: Object,
        /// What came now.
        now: Object,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file system failed.
    #[error(transparent)]
    Io(#[from] IoError),
}

impl ExecuteError {
    /// Whether somebody wanted the end, so that nothing is wrong with the job itself.
    pub fn is_stop(&self) -> bool {
        matches!(
            self,
            ExecuteError::Cancelled
                | ExecuteError::Fetch(FetchError::Cancelled)
                | ExecuteError::Intake(IntakeError::Stopped)
        )
    }
}

fn ended(status: Status) -> String {
    match status {
        Status::Code(code) => format!("ended with exit status {code}"),
        Status::Signal(signal) => format!("was ended by signal {signal}"),
    }
}

/// What to do about a build that the kernel killed. Nobody else does that: one that is stopped, or late,
/// is told as such.
fn memory_hint(status: Status) -> &'static str {
    match status {
        Status::Signal(libc::SIGKILL) => {
            "\nhint: the kernel does that when memory is short: run fewer jobs at a time with \
             `--jobs`, or give this machine or its control group more memory"
        }
        _ => "",
    }
}

fn quoted(patterns: &[String]) -> String {
    patterns
        .iter()
        .map(|pattern| format!("`{pattern}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn differences(changes: &[Change]) -> String {
    const SHOWN: usize = 10;
    if changes.is_empty() {
        return "the two outputs differ".to_owned();
    }
    let paths: Vec<String> = changes
        .iter()
        .take(SHOWN)
        .map(|c| format!("`{}`", c.path))
        .collect();
    let more = changes.len().saturating_sub(SHOWN);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!("{} differ{more}", paths.join(", "))
}

/// A job that failed, with all that helps to mend it.
#[derive(Debug)]
pub struct Failure {
    /// The job's label.
    pub label: String,
    /// Its plan; a source has none.
    pub plan: Option<PlanHash>,
    /// Where the recipe stands; a source has none of its own.
    pub location: Option<&'static Location<'static>>,
    /// The log, if a program ran.
    pub log: Option<Utf8PathBuf>,
    /// The last lines of it.
    pub tail: Vec<String>,
    /// What its recipe knows to say about these lines.
    pub hints: Vec<String>,
    /// What went wrong.
    pub error: ExecuteError,
    /// The labels of other definitions of the same plan: it was run once, and they failed with it.
    pub also: Vec<String>,
}

/// Why a graph was not built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The graph holds plans that cannot be built.
    #[error("{} of the plans cannot be built", .0.len())]
    Definition(Vec<DefinitionError>),
    /// Builds would have to run on other machines; nothing was tried.
    #[error("{}\nhint: {ELSEWHERE}", elsewhere(.0))]
    WrongMachine(Vec<(String, WrongMachine)>),
    /// Jobs failed.
    #[error("{} failed{}", count(failures.len(), "job"), skipped_text(*skipped))]
    Failed {
        /// Those that failed.
        failures: Vec<Failure>,
        /// How many need one of them and were not tried.
        skipped: usize,
    },
    /// It was stopped; what was built stays built.
    #[error("stopped; what was built stays built")]
    Cancelled,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A thread of the run panicked: a job, what takes events, or the run itself.
    #[error(
        "`{label}` panicked: {message}\nhint: this is a defect of Distill, or of what was put into it (an executor, a supplier, a cache, a receiver of events); please report it"
    )]
    Panicked {
        /// What was done.
        label: String,
        /// What the panic said.
        message: String,
    },
    /// There can be no more threads.
    #[error("cannot start a thread\nhint: {THREADS_HINT}")]
    Threads(#[source] std::io::Error),
}

/// A mistake of `plan`: a file that it names cannot be read, or its files do not make a tree.
pub fn unreadable(plan: &Plan, error: &IntakeError) -> DefinitionError {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    DefinitionError {
        subject: plan.label(),
        message: causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}")),
        location: plan.location(),
    }
}

/// The labels of the builds that need one machine, for each such machine.
fn elsewhere(wrong: &[(String, WrongMachine)]) -> String {
    const SHOWN: usize = 5;
    let mut machines: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (label, WrongMachine { needed, machine }) in wrong {
        let need = format!("needs a machine of `{needed}`, and this one is `{machine}`");
        machines.entry(need).or_default().push(label);
    }
    let lines = machines.into_iter().map(|(need, labels)| {
        let shown: Vec<_> = labels
            .iter()
            .take(SHOWN)
            .map(|label| format!("`{label}`"))
            .collect();
        let more = labels.len().saturating_sub(SHOWN);
        let and = if more == 0 {
            String::new()
        } else {
            format!(" and {more} more")
        };
        format!("{}{and} {need}", shown.join(", "))
    });
    format!(
        "cannot build on this machine: {}",
        lines.collect::<Vec<_>>().join("; ")
    )
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

fn skipped_text(skipped: usize) -> String {
    match skipped {
        0 => String::new(),
        _ => format!(", and {skipped} more could not be tried"),
    }
}
