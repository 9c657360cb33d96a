//! What is going on: the sum of all events.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::engine::{Event, JobId, Outcome};
use crate::store::Usage;

/// A download on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Download {
    pub(super) began: Instant,
    pub(super) bytes: u64,
    pub(super) total: Option<u64>,
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phase {
    Planned,
    /// For another process that builds the same.
    Waiting,
    Running(Instant),
    Done(Outcome),
    Failed,
    Stopped,
}

/// A job, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct JobState {
    pub(super) label: String,
    /// Whether it runs a program.
    pub(super) build: bool,
    pub(super) estimate: Duration,
    /// Whether the estimate comes from an earlier run.
    pub(super) measured: bool,
    pub(super) phase: Phase,
    pub(super) download: Option<Download>,
    /// The newest line of its output.
    pub(super) line: String,
    /// How long it took.
    pub(super) took: Duration,
    pub(super) usage: Usage,
}

impl JobState {
    fn is_done(&self) -> bool {
        matches!(self.phase, Phase::Done(_))
    }

    /// When it began, if it runs.
    pub(super) fn running(&self) -> Option<Instant> {
        match self.phase {
            Phase::Running(since) => Some(since),
            _ => None,
        }
    }
}

/// What is going on.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Tally {
    pub(super) began: Instant,
    pub(super) jobs: BTreeMap<JobId, JobState>,
    /// Milliseconds that labels took in earlier runs.
    history: BTreeMap<String, u64>,
    /// Jobs at a time.
    slots: usize,
    /// How many jobs are done: counted as they end, since it is told with each.
    done: usize,
}

impl Tally {
    /// Nothing happened yet.
    pub(in crate::cli) fn new(history: BTreeMap<String, u64>, slots: usize) -> Tally {
        Tally {
            began: Instant::now(),
            jobs: BTreeMap::new(),
            history,
            slots: slots.max(1),
            done: 0,
        }
    }

    /// Takes note of what happened at `now`.
    pub(in crate::cli) fn apply(&mut self, event: &Event, now: Instant) {
        if let Event::Planned {
            id,
            label,
            build,
            estimate,
        } = event
        {
            self.plan(*id, label, *build, *estimate);
        } else if let Some(job) = id(event).and_then(|id| self.jobs.get_mut(&id)) {
            // What was made elsewhere is not done when it has to be brought.
            self.done -= usize::from(job.is_done());
            job.apply(event, now);
            self.done += usize::from(job.is_done());
        }
    }

    fn plan(&mut self, id: JobId, label: &str, build: bool, estimate: Duration) {
        let job = JobState {
            label: label.to_owned(),
            build,
            estimate,
            measured: self.history.contains_key(label),
            phase: Phase::Planned,
            download: None,
            line: String::new(),
            took: Duration::ZERO,
            usage: Usage::default(),
        };
        self.jobs.insert(id, job);
    }

    /// What a job is called.
    pub(super) fn label(&self, id: JobId) -> &str {
        self.jobs
            .get(&id)
            .map_or("files of the recipe", |job| &job.label)
    }

    /// How many jobs are done.
    pub(super) fn done(&self) -> usize {
        self.done
    }

    /// How long it may still take, if most of what is left was measured before.
    pub(super) fn remaining(&self, now: Instant) -> Option<Duration> {
        let (mut all, mut longest, mut measured) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
        for job in self.jobs.values().filter(|job| !job.is_done()) {
            let spent = job.running().map_or(Duration::ZERO, |since| now - since);
            let left = job.estimate.saturating_sub(spent);
            all += left;
            longest = longest.max(left);
            measured += if job.measured { left } else { Duration::ZERO };
        }
        let slots = u32::try_from(self.slots).unwrap_or(u32::MAX);
        let known = !measured.is_zero() && measured * 4 >= all * 3;
        known.then(|| longest.max(all / slots))
    }
}

impl JobState {
    fn apply(&mut self, event: &Event, now: Instant) {
        match event {
            Event::Planned { .. } | Event::Note { .. } | Event::Remark { .. } => {}
            Event::Waiting { .. } => self.phase = Phase::Waiting,
            Event::Started { .. } => self.phase = Phase::Running(now),
            Event::Line { text, .. } => self.line.clone_from(text),
            Event::Downloading { .. } => {
                self.download = Some(Download {
                    began: now,
                    bytes: 0,
                    total: None,
                });
                self.phase = Phase::Running(self.running().unwrap_or(now));
            }
            Event::Downloaded { bytes, total, .. } => {
                if let Some(download) = &mut self.download {
                    (download.bytes, download.total) = (*bytes, *total);
                }
            }
            Event::Finished { outcome, usage, .. } => {
                let spent = self.running().map_or(Duration::ZERO, |since| now - since);
                self.took = if self.build {
                    Duration::from_millis(usage.wall_ms)
                } else {
                    spent
                };
                self.usage = *usage;
                self.phase = Phase::Done(*outcome);
            }
            Event::Failed { .. } => self.phase = Phase::Failed,
            Event::Stopped { .. } => self.phase = Phase::Stopped,
        }
    }
}

/// The job that an event is about, unless it is about the whole run.
pub(super) fn id(event: &Event) -> Option<JobId> {
    match event {
        Event::Remark { .. } => None,
        Event::Planned { id, .. }
        | Event::Waiting { id }
        | Event::Started { id, .. }
        | Event::Line { id, .. }
        | Event::Finished { id, .. }
        | Event::Failed { id, .. }
        | Event::Stopped { id }
        | Event::Downloading { id, .. }
        | Event::Downloaded { id, .. }
        | Event::Note { id, .. } => Some(*id),
    }
}
