//! One run of a graph: jobs and questions in threads, results back to the schedule.
//!
//! A run always ends. Whatever a thread does, a panic too, it reports; and whatever ends the run before
//! its time (a panic, an error of the store, no more threads) first stops what runs, by a wish of the
//! run's own that nobody else hears of.

mod fitness;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, Scope};

use super::builder::Builder;
use super::cancel::Cancel;
use super::error::{BuildError, Failure};
use super::event::Event;
use super::executor::Output;
use super::graph::{Kind, NodeId};
use super::job::PlanJob;
use super::questions::Others;
use super::schedule::{About, Ended, Lane, Reply, Schedule};
use super::sink::{Sink, message};
use crate::plan::{Object, Plan};

/// What a thread reports, once and always.
enum Report {
    /// How a job ended.
    Job {
        id: NodeId,
        lane: Lane,
        result: JobResult,
    },
    /// What others said.
    Replies { about: About, replies: Replies },
}

/// How a job ended, with all that is told of it.
enum JobResult {
    Made(Output),
    /// Nobody had it after all.
    Declined,
    Failed(Box<Failure>),
    /// The job panicked, and said this.
    Panicked(String),
}

/// How a batch of questions ended.
enum Replies {
    Heard(Vec<(NodeId, Reply)>),
    Failed(Box<BuildError>),
    /// Who was asked panicked, and said this.
    Panicked(String),
}

/// A run on its way.
struct Run<'run, 'env, 'a> {
    builder: &'env Builder<'env>,
    others: &'env Others<'env>,
    /// The wish to stop asking.
    enough: &'env Cancel,
    schedule: &'run mut Schedule<'a>,
    failures: Vec<Failure>,
    /// Which failure is that of which node.
    failed: BTreeMap<NodeId, usize>,
    working: usize,
    downloading: usize,
    /// What is being asked: of each kind one batch at a time, so that what comes meanwhile is the next.
    asking: Vec<About>,
    /// Whether it has been found out that all builds can run on the machine that they will run on.
    is_checked: bool,
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
    let (others, enough) = (Others::new(guarded), cancel.child());
    let outcome = thread::scope(|scope| {
        let ended = catch_unwind(AssertUnwindSafe(|| {
            schedule.begin(&guarded, guarded.options.check)?;
            let (sender, reports) = mpsc::channel();
            Run::new(&guarded, &others, &enough, schedule, sender).go(scope, &reports)
        }));
        let ended = ended.unwrap_or_else(|panic| Err(panicked("the scheduler", message(&*panic))));
        // The scope ends when all threads have; nobody takes their reports any more.
        match ended {
            Ok(_) => enough.cancel(),
            Err(_) => cancel.cancel(),
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
        others: &'env Others<'env>,
        enough: &'env Cancel,
        schedule: &'run mut Schedule<'a>,
        sender: Sender<Report>,
    ) -> Run<'run, 'env, 'a> {
        Run {
            builder,
            others,
            enough,
            schedule,
            failures: Vec::new(),
            failed: BTreeMap::new(),
            working: 0,
            downloading: 0,
            asking: Vec::new(),
            is_checked: false,
            sender,
        }
    }

    fn go<'scope>(
        mut self,
        scope: &'scope Scope<'scope, 'env>,
        reports: &Receiver<Report>,
    ) -> Result<Vec<Failure>, BuildError> {
        loop {
            let may_run = self.check_machines()?;
            if may_run {
                self.announce();
            }
            if !self.is_stopping() {
                self.ask(scope)?;
                if may_run {
                    self.start_what_may_run(scope)?;
                }
            }
            let is_waiting = !self.asking.is_empty() && !self.is_stopping();
            if self.working + self.downloading == 0 && !is_waiting {
                return Ok(self.failures);
            }
            let report = reports.recv().expect("this run holds a sender");
            self.take(report)?;
        }
    }

    /// Finds builds for another machine, before anything runs. If there may be any, whether they have to
    /// run is known only when all is answered that was asked at first; until then nothing is begun.
    fn check_machines(&mut self) -> Result<bool, BuildError> {
        if self.is_checked {
            return Ok(true);
        }
        let executor = self.builder.executor;
        if self.schedule.is_asking() && fitness::is_mixed(self.schedule, executor) {
            return Ok(false);
        }
        fitness::check(self.schedule, executor)?;
        self.is_checked = true;
        Ok(true)
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

    /// Asks all questions that have come up, in a thread of their own.
    fn ask<'scope>(&mut self, scope: &'scope Scope<'scope, 'env>) -> Result<(), BuildError> {
        for about in [About::Record, About::Bytes] {
            if self.asking.contains(&about) {
                continue;
            }
            let questions = self.schedule.take_questions(about);
            if questions.is_empty() {
                continue;
            }
            self.asking.push(about);
            let (others, enough, sender) = (self.others, self.enough, self.sender.clone());
            let work = move || {
                let answer = || others.answer(questions, enough);
                let replies = match catch_unwind(AssertUnwindSafe(answer)) {
                    Ok(Ok(replies)) => Replies::Heard(replies),
                    Ok(Err(error)) => Replies::Failed(Box::new(error)),
                    Err(panic) => Replies::Panicked(message(&*panic)),
                };
                // The receiver is gone only if the run ended before its time.
                let _ = sender.send(Report::Replies { about, replies });
            };
            let thread = thread::Builder::new().spawn_scoped(scope, work);
            thread.map(drop).map_err(BuildError::Threads)?;
        }
        Ok(())
    }

    /// Takes in what a thread reports.
    fn take(&mut self, report: Report) -> Result<(), BuildError> {
        match report {
            Report::Job { id, lane, result } => self.take_job(id, lane, result),
            Report::Replies { about, replies } => {
                self.asking.retain(|asked| *asked != about);
                match replies {
                    Replies::Heard(replies) => self.schedule.answered(self.builder, replies),
                    Replies::Failed(error) => Err(*error),
                    Replies::Panicked(text) => Err(panicked("a cache", text)),
                }
            }
        }
    }

    /// Takes in how a job ended.
    fn take_job(&mut self, id: NodeId, lane: Lane, result: JobResult) -> Result<(), BuildError> {
        match lane {
            Lane::Download => self.downloading -= 1,
            Lane::Work => self.working -= 1,
        }
        let ended = match result {
            JobResult::Made(output) => Ended::Made(output.object, output.place),
            JobResult::Declined => Ended::Declined,
            JobResult::Failed(failure) if failure.error.is_stop() => Ended::Stopped,
            JobResult::Failed(failure) => {
                self.failed.insert(id, self.failures.len());
                self.failures.push(*failure);
                Ended::Failed
            }
            JobResult::Panicked(text) => {
                let label = self.schedule.graph.nodes[id].label();
                return Err(panicked(&label, text));
            }
        };
        self.schedule.ended(self.builder, id, ended)
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
            let _ = sender.send(Report::Job { id, lane, result });
        };
        let thread = thread::Builder::new().spawn_scoped(scope, work);
        thread.map(drop).map_err(BuildError::Threads)
    }

    fn job(&self, id: NodeId) -> Prepared<'a> {
        let node = &self.schedule.graph.nodes[id];
        let task = match node.kind {
            Kind::Source(_) => Task::Supply {
                source: node.source().expect("a source"),
                pinned: self.schedule.graph.user(id).map(Plan::location),
            },
            Kind::Literal(literal) => Task::Land(literal),
            Kind::Plan(definition) => Task::Plan {
                definition,
                plan: Arc::clone(self.schedule.plan(id).expect("it may run")),
                labels: self.labels(id),
                made: self.schedule.was_made(id),
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
    Supply {
        source: crate::plan::Source,
        /// The recipe that names it first.
        pinned: Option<&'static Location<'static>>,
    },
    Land(&'a crate::plan::Literal),
    Plan {
        definition: &'a Plan,
        plan: Arc<crate::plan::Resolved>,
        labels: BTreeMap<Object, String>,
        made: bool,
    },
}

impl Prepared<'_> {
    fn work(&self, builder: &Builder<'_>, lane: Lane) -> JobResult {
        let (id, recorded) = (self.id, self.recorded);
        let here = |object| Some(Output::here(object));
        let result = match &self.task {
            Task::Supply { source, pinned } => {
                let supplied = builder.supply(id, source).map(here);
                supplied.map_err(|failure| Failure {
                    location: *pinned,
                    ..failure
                })
            }
            Task::Land(literal) => builder.land(literal).map(here),
            Task::Plan {
                definition,
                plan,
                labels,
                made,
            } => {
                let job = PlanJob {
                    id,
                    definition,
                    plan,
                    labels,
                    recorded,
                    made: *made,
                };
                match lane {
                    Lane::Download => builder.bring(&job).map(|object| object.map(Output::here)),
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
