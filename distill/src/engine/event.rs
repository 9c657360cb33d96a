//! What happens while a graph is built, for whoever shows it.

use std::time::Duration;

use super::error::ExecuteError;
use crate::plan::{Object, PlanHash};
use crate::store::Usage;

/// Tells jobs of one run apart.
pub type JobId = usize;

/// How a job ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It ran here.
    Built,
    /// Another process had built it meanwhile.
    Found,
    /// A cache had it.
    Brought,
    /// It ran again and made the same.
    Reproduced,
}

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// So many more jobs are known to be necessary. Builds run a program; the others are quick.
    Planned {
        /// The job.
        id: JobId,
        /// Its label.
        label: String,
        /// Whether it runs a program.
        build: bool,
        /// How long it took last time, or a guess.
        estimate: Duration,
    },
    /// A job waits for another process that builds the same plan.
    Waiting {
        /// The job.
        id: JobId,
    },
    /// A job runs.
    Started {
        /// The job.
        id: JobId,
        /// Its plan.
        plan: PlanHash,
    },
    /// A line of a build's output. Not every line is told, but always the newest.
    Line {
        /// The job.
        id: JobId,
        /// The line, without its end.
        text: String,
    },
    /// A job ended well.
    Finished {
        /// The job.
        id: JobId,
        /// How.
        outcome: Outcome,
        /// What it made.
        output: Object,
        /// What it took.
        usage: Usage,
    },
    /// A job failed; the whole story is in the error at the end.
    Failed {
        /// The job.
        id: JobId,
        /// One line.
        message: String,
    },
    /// A job was stopped before its end, through no fault of its own.
    Stopped {
        /// The job.
        id: JobId,
    },
    /// A download began, at this origin.
    Downloading {
        /// The job.
        id: JobId,
        /// What is fetched.
        file_name: String,
        /// From where.
        origin: String,
    },
    /// A download got on.
    Downloaded {
        /// The job.
        id: JobId,
        /// Bytes so far.
        bytes: u64,
        /// Bytes in all, if known.
        total: Option<u64>,
    },
    /// Something about the whole run that a user may want to know, such as a cache that does not answer.
    Remark {
        /// What.
        text: String,
    },
    /// Something a user may want to know of a job, such as a retry.
    Note {
        /// The job.
        id: JobId,
        /// What.
        text: String,
    },
}

impl Event {
    /// What to tell of a job that ended without an output.
    pub fn without_output(id: JobId, error: &ExecuteError) -> Event {
        if error.is_stop() {
            return Event::Stopped { id };
        }
        let message = error.to_string();
        Event::Failed { id, message }
    }
}
