//! One run of a graph: jobs in threads, results back to the schedule.
//!
//! A run always ends. Whatever a thread does, a panic too, it reports; and whatever ends the run before
//! its time (a panic, an error of the store, no more threads) first stops what runs, by a wish of the
//! run's own that nobody else hears of.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, Scope};

use super::error::{BuildError, Failure};
use super::event::Event;
use super::graph::{Kind, NodeId};
use super::job::PlanJob;
use super::machine;
use super::schedule::{Ended, Lane, Schedule};
use super::scheduler::Builder;
use super::sink::{Sink, message};
use crate::plan::Object;

/// What a thread reports, once and always.
struct Report {
    id: NodeId,
    lane: Lane,
    result: JobResult,
}

/// How a job ended, with all that is told of it.
enum JobResult {
    Made(Object),
    /// A cache did not have it after all.
    Declined,
    Failed(Box<Failure>),
    /// The job panicked, and said this.
    Panicked(String),
}

/// A run on its way.
struct Run<'run, 'env, 'a> {
    builder: &'env Builder<'env>,
    schedule: &'run mut Schedule<'a>,
    failures: Vec<Failure>,
    /// Which failure is that of which node.
    failed: BTreeMap<NodeId, usize>,
    working: usize,
    downloading: usize,
    sender: Sender<Report>,
}

/// Makes what the roots need, and gives what failed on the way.
pub(super) fn run(
    builder: &Builder<'_>,
    schedule: &mut Schedule<'_>,
) -> Result<Vec<Failure>, BuildError> {
    let cancel = builder.cancel.child();
    let sink = Sink::new(builder.events, &cancel);
    let events = |event| sink.tell(event);
    let (events, cancel) = (&events, &cancel);
    let guarded = Builder {
        events,
        cancel,
        ..*builder
    };
    let outcome = thread::scope(|scope| {
        let ended = catch_unwind(AssertUnwindSafe(|| {
            schedule.begin(&guarded, guarded.options.check)?;
            machine::check(schedule, guarded.executor, guarded.supplier)?;
            let (sender, reports) = mpsc::channel();
            Run::new(&guarded, schedule, sender).go(scope, &reports)
        }));
        let ended = ended.unwrap_or_else(|panic| Err(panicked("the scheduler", message(&*panic))));
        if ended.is_err() {
            // The scope ends when all threads have; nobody takes their reports any more.
            cancel.cancel();
        }
        ended
    });
    match sink.into_panic() {
        Some(text) => Err(panicked("the receiver of events", text)),
        None => outcome,
    }
}

fn panicked(label: &str, message: String) -> BuildError {
    BuildError::Panicked {
        label: label.to_owned(),
        message,
    }
}

impl<'run, 'env, 'a: 'env> Run<'run, 'env, 'a> {
    fn new(
        builder: &'env Builder<'env>,
        schedule: &'run mut Schedule<'a>,
        sender: Sender<Report>,
    ) -> Run<'run, 'env, 'a> {
        Run {
            builder,
            schedule,
            failures: Vec::new(),
            failed: BTreeMap::new(),
            working: 0,
            downloading: 0,
            sender,
        }
    }

    fn go<'scope>(
        mut self,
        scope: &'scope Scope<'scope, 'env>,
        reports: &Receiver<Report>,
    ) -> Result<Vec<Failure>, BuildError> {
        loop {
            self.announce();
            if !self.is_stopping() {
                self.start_what_may_run(scope)?;
            }
            if self.working + self.downloading == 0 {
                return Ok(self.failures);
            }
            let report = reports.recv().expect("this run holds a sender");
            self.take(report)?;
        }
    }

    fn is_stopping(&self) -> bool {
        let failed = !self.failures.is_empty() && !self.builder.options.keep_going;
        failed || self.builder.cancel.is_cancelled()
    }

    fn start_what_may_run<'scope>(
        &mut self,
        scope: &'scope Scope<'scope, 'env>,
    ) -> Result<(), BuildError> {
        let options = self.builder.options;
        while self.working < options.jobs.max(1)
            && let Some(id) = self.schedule.take(Lane::Work)
        {
            self.working += 1;
            self.start(scope, id, Lane::Work)?;
        }
        while self.downloading < options.downloads.max(1)
            && let Some(id) = self.schedule.take(Lane::Download)
        {
            self.downloading += 1;
            self.start(scope, id, Lane::Download)?;
        }
        Ok(())
    }

    /// Takes in how a job ended.
    fn take(&mut self, report: Report) -> Result<(), BuildError> {
        match report.lane {
            Lane::Download => self.downloading -= 1,
            Lane::Work => self.working -= 1,
        }
        let ended = match report.result {
            JobResult::Made(output) => Ended::Made(output),
            JobResult::Declined => Ended::Declined,
            JobResult::Failed(failure) if failure.error.is_stop() => Ended::Stopped,
            JobResult::Failed(failure) => {
                self.failed.insert(report.id, self.failures.len());
                self.failures.push(*failure);
                Ended::Failed
            }
            JobResult::Panicked(text) => {
                let label = self.schedule.graph.nodes[report.id].label();
                return Err(panicked(&label, text));
            }
        };
        self.schedule.ended(self.builder, report.id, ended)
    }

    /// Tells of everything that became necessary, and of what failed without being run.
    fn announce(&mut self) {
        for id in self.schedule.newly_necessary() {
            let node = &self.schedule.graph.nodes[id];
            if matches!(node.kind, Kind::Literal(_)) {
                continue;
            }
            let (label, build, estimate) = (node.label(), node.kind.is_build(), node.estimate);
            (self.builder.events)(Event::Planned {
                id,
                label,
                build,
                estimate,
            });
        }
        for pair in self.schedule.take_twins() {
            let label = self.schedule.graph.nodes[pair.twin].label();
            let failure = &mut self.failures[self.failed[&pair.ran]];
            let message = format!("it is the same plan as `{}`, which failed", failure.label);
            let id = pair.twin;
            (self.builder.events)(Event::Failed { id, message });
            failure.also.push(label);
        }
    }

    /// Starts a job in a thread of its own.
    fn start<'scope>(
        &self,
        scope: &'scope Scope<'scope, 'env>,
        id: NodeId,
        lane: Lane,
    ) -> Result<(), BuildError> {
        let (builder, sender, job) = (self.builder, self.sender.clone(), self.job(id));
        let work = move || {
            let result = catch_unwind(AssertUnwindSafe(|| job.work(builder, lane)));
            let result = result.unwrap_or_else(|panic| JobResult::Panicked(message(&*panic)));
            // The receiver is gone only if the run ended before its time.
            let _ = sender.send(Report { id, lane, result });
        };
        let thread = thread::Builder::new().spawn_scoped(scope, work);
        thread.map(drop).map_err(BuildError::Threads)
    }

    fn job(&self, id: NodeId) -> Prepared<'a> {
        let node = &self.schedule.graph.nodes[id];
        let task = match node.kind {
            Kind::Source(_) => Task::Supply(node.source().expect("a source")),
            Kind::Literal(literal) => Task::Land(literal),
            Kind::Plan(definition) => Task::Plan {
                definition,
                plan: self.schedule.plan(id).expect("it may run").clone(),
                labels: self.labels(id),
            },
        };
        let recorded = self.schedule.output(id);
        Prepared { id, task, recorded }
    }

    /// What to call the inputs of a node.
    fn labels(&self, id: NodeId) -> BTreeMap<Object, String> {
        let nodes = &self.schedule.graph.nodes;
        let label = |input: &NodeId| Some((self.schedule.output(*input)?, nodes[*input].label()));
        nodes[id].inputs.iter().filter_map(label).collect()
    }
}

/// A job with everything that it needs of the schedule.
struct Prepared<'a> {
    id: NodeId,
    task: Task<'a>,
    recorded: Option<Object>,
}

enum Task<'a> {
    Supply(crate::plan::Source),
    Land(&'a crate::plan::Literal),
    Plan {
        definition: &'a crate::plan::Plan,
        plan: crate::plan::Resolved,
        labels: BTreeMap<Object, String>,
    },
}

impl Prepared<'_> {
    fn work(&self, builder: &Builder<'_>, lane: Lane) -> JobResult {
        let (id, recorded) = (self.id, self.recorded);
        let result = match &self.task {
            Task::Supply(source) => builder.supply(id, source).map(Some),
            Task::Land(literal) => builder.land(literal).map(Some),
            Task::Plan {
                definition,
                plan,
                labels,
            } => {
                let job = PlanJob {
                    id,
                    definition,
                    plan,
                    labels,
                    recorded,
                };
                match lane {
                    Lane::Download => builder.bring(&job),
                    Lane::Work => builder.run_plan(&job).map(Some),
                }
            }
        };
        match result {
            Ok(Some(output)) => JobResult::Made(output),
            Ok(None) => JobResult::Declined,
            Err(failure) => {
                (builder.events)(Event::without_output(id, &failure.error));
                JobResult::Failed(Box::new(failure))
            }
        }
    }
}

#[cfg(test)]
mod tests;
