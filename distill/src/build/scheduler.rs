//! Runs a graph: jobs in threads, results back to the schedule.

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::thread::Scope;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::cancel::Cancel;
use super::error::{BuildError, ExecuteError, Failure};
use super::event::{Event, Outcome};
use super::executor::{Executed, Executor, Job};
use super::graph::{Graph, Kind, NodeId};
use super::schedule::{Facts, Lane, Schedule};
use super::supplier::Supplier;
use crate::plan::{Change, Literal, Object, Plan, PlanHash, Resolved, Source};
use crate::store::intake::{literal_tree, write_literal};
use crate::store::{Record, Store, StoreError, Usage};

/// How to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Jobs at a time.
    pub jobs: usize,
    /// Downloads at a time, beside the jobs.
    pub downloads: usize,
    /// Whether to go on with what can be built when something failed.
    pub keep_going: bool,
    /// After this time a build counts as hung, unless its package says otherwise.
    pub timeout: Duration,
    /// Whether to run the roots again, and compare.
    pub check: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            jobs: super::cpus(),
            downloads: 4,
            keep_going: false,
            timeout: Duration::from_secs(2 * 60 * 60),
            check: false,
        }
    }
}

/// Builds graphs.
#[derive(Clone, Copy)]
pub struct Builder<'a> {
    /// Where everything lands.
    pub store: &'a Store,
    /// Runs plans.
    pub executor: &'a dyn Executor,
    /// Brings sources.
    pub supplier: &'a dyn Supplier,
    /// How to run.
    pub options: &'a Options,
    /// Takes what happens.
    pub events: &'a (dyn Fn(Event) + Sync),
    /// The wish to stop.
    pub cancel: &'a Cancel,
}

/// What a run would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// The outputs of the roots, where they are known.
    pub outputs: Vec<Option<Object>>,
    /// The labels of what would have to be built, fetched or computed, inputs first.
    pub missing: Vec<String>,
    /// Those of them that are sources.
    pub sources: Vec<Source>,
}

/// What a thread reports.
struct Report {
    id: NodeId,
    lane: Lane,
    /// The output; none, if a cache did not have it after all.
    result: Result<Option<Object>, Failure>,
}

impl Facts for Builder<'_> {
    type Error = BuildError;

    /// What a cache knows is written down: the next run knows it without the cache.
    fn recorded(
        &self,
        definition: &Plan,
        hash: &PlanHash,
        plan: &Resolved,
    ) -> Result<Option<Object>, BuildError> {
        if let Some(record) = self.store.record(hash)? {
            return Ok(Some(record.output));
        }
        let Some(output) = self.supplier.output(hash) else {
            return Ok(None);
        };
        let mut record = record(definition.label(), output, Usage::default());
        "a cache".clone_into(&mut record.machine);
        self.store.write_record(plan, &record)?;
        Ok(Some(output))
    }

    fn present(&self, object: &Object) -> Result<bool, BuildError> {
        Ok(self.store.has(object))
    }

    fn offered(&self, object: &Object) -> bool {
        self.supplier.offers(object)
    }

    fn literal(&self, literal: &Literal) -> Result<Object, BuildError> {
        Ok(Object::Tree(literal_tree(literal)?.hash()))
    }
}

impl Builder<'_> {
    /// Builds `roots` with all they need; gives their outputs, in order.
    pub fn build(&self, roots: &[Plan]) -> Result<Vec<Object>, BuildError> {
        let graph = Graph::new(roots, &self.store.timings()).map_err(BuildError::Definition)?;
        let mut schedule = Schedule::new(graph);
        schedule.begin(self, self.options.check)?;
        let failures = self.run(&mut schedule)?;
        if self.cancel.is_cancelled() {
            return Err(BuildError::Cancelled);
        }
        if !failures.is_empty() {
            let skipped = schedule.unfinished().count().saturating_sub(failures.len());
            return Err(BuildError::Failed { failures, skipped });
        }
        let outputs = schedule
            .graph
            .roots
            .iter()
            .map(|root| schedule.output(*root));
        Ok(outputs
            .map(|output| output.expect("everything was built"))
            .collect())
    }

    /// Looks at what is missing, without doing anything.
    pub fn survey(&self, roots: &[Plan]) -> Result<Survey, BuildError> {
        let graph = Graph::new(roots, &self.store.timings()).map_err(BuildError::Definition)?;
        let mut schedule = Schedule::new(graph);
        schedule.begin(self, false)?;
        let label = |id: NodeId| schedule.graph.nodes[id].kind.label();
        let missing = schedule.unfinished().map(label).collect();
        let source = |id: NodeId| match schedule.graph.nodes[id].kind {
            Kind::Source(source) => Some(source.clone()),
            Kind::Plan(_) | Kind::Literal(_) => None,
        };
        let sources = schedule.unfinished().filter_map(source).collect();
        let outputs = schedule
            .graph
            .roots
            .iter()
            .map(|root| schedule.output(*root))
            .collect();
        Ok(Survey {
            outputs,
            missing,
            sources,
        })
    }

    fn run(&self, schedule: &mut Schedule<'_>) -> Result<Vec<Failure>, BuildError> {
        let (sender, reports) = mpsc::channel::<Report>();
        let mut failures = Vec::new();
        let mut announced = vec![false; schedule.graph.nodes.len()];
        std::thread::scope(|scope| {
            let (mut working, mut downloading) = (0, 0);
            loop {
                self.announce(schedule, &mut announced);
                let stop = self.cancel.is_cancelled()
                    || (!failures.is_empty() && !self.options.keep_going);
                if !stop {
                    while working < self.options.jobs
                        && let Some(id) = schedule.take(Lane::Work)
                    {
                        working += 1;
                        self.start(scope, schedule, (id, Lane::Work), sender.clone());
                    }
                    while downloading < self.options.downloads
                        && let Some(id) = schedule.take(Lane::Download)
                    {
                        downloading += 1;
                        self.start(scope, schedule, (id, Lane::Download), sender.clone());
                    }
                }
                if working + downloading == 0 {
                    return Ok(());
                }
                let report = reports.recv().expect("a thread runs, and holds a sender");
                match report.lane {
                    Lane::Download => downloading -= 1,
                    Lane::Work => working -= 1,
                }
                if working == 0 {
                    self.executor.idle();
                }
                match report.result {
                    Ok(None) => schedule.declined(self, report.id)?,
                    Ok(output) => schedule.ended(self, report.id, output)?,
                    Err(failure) => {
                        schedule.ended(self, report.id, None)?;
                        // What was stopped is one of those that could not be tried.
                        if !failure.error.is_stop() {
                            failures.push(failure);
                        }
                    }
                }
            }
        })
        .map(|()| failures)
    }

    /// Tells of everything that became necessary.
    fn announce(&self, schedule: &Schedule<'_>, announced: &mut [bool]) {
        for id in schedule.unfinished() {
            let node = &schedule.graph.nodes[id];
            if !std::mem::replace(&mut announced[id], true)
                && !matches!(node.kind, Kind::Literal(_))
            {
                let (label, build, estimate) =
                    (node.kind.label(), node.kind.is_build(), node.estimate);
                (self.events)(Event::Planned {
                    id,
                    label,
                    build,
                    estimate,
                });
            }
        }
    }

    /// Starts a job in a thread of its own.
    fn start<'scope, 'env>(
        &'env self,
        scope: &'scope Scope<'scope, 'env>,
        schedule: &Schedule<'env>,
        (id, lane): (NodeId, Lane),
        sender: mpsc::Sender<Report>,
    ) {
        let builder = self;
        let kind = schedule.graph.nodes[id].kind;
        let plan = schedule.plan(id).cloned();
        let recorded = schedule.output(id);
        let inputs = &schedule.graph.nodes[id].inputs;
        let labels: BTreeMap<Object, String> = inputs
            .iter()
            .filter_map(|input| {
                Some((
                    schedule.output(*input)?,
                    schedule.graph.nodes[*input].kind.label(),
                ))
            })
            .collect();
        scope.spawn(move || {
            let result = match kind {
                Kind::Source(source) => builder.supply(id, source).map(Some),
                Kind::Literal(literal) => builder
                    .land_literal(literal)
                    .map(Some)
                    .map_err(|error| failure(kind, error)),
                Kind::Plan(definition) => {
                    let plan = plan.expect("a plan that may run is resolved");
                    let job = PlanJob {
                        id,
                        definition,
                        plan: &plan,
                        labels: &labels,
                        recorded,
                    };
                    match lane {
                        Lane::Download => builder.bring(&job),
                        Lane::Work => builder.run_plan(&job).map(Some),
                    }
                }
            };
            if let Err(failure) = &result {
                (builder.events)(Event::without_output(id, &failure.error));
            }
            // The receiver is gone only if the run ended with an error of the store.
            let _ = sender.send(Report { id, lane, result });
        });
    }

    fn supply(&self, id: NodeId, source: &Source) -> Result<Object, Failure> {
        let result = self.supplier.supply(id, source, self.events);
        if let Ok(output) = &result {
            let (output, usage) = (*output, Usage::default());
            (self.events)(Event::Finished {
                id,
                outcome: Outcome::Built,
                output,
                usage,
            });
        }
        result.map_err(|error| failure(Kind::Source(source), error))
    }

    fn land_literal(&self, literal: &Literal) -> Result<Object, ExecuteError> {
        let temp = self.store.temp_dir().map_err(StoreError::from)?;
        let tree = write_literal(temp.path(), literal)?;
        Ok(self.store.land_tree(temp.path(), &tree)?)
    }

    /// Takes a plan's output from a cache, if that has it.
    fn bring(&self, job: &PlanJob<'_>) -> Result<Option<Object>, Failure> {
        let output = job.recorded.expect("a cache is asked for what is known");
        let label = job.definition.label();
        let brought = self
            .supplier
            .bring(job.id, &output, &label, self.events)
            .map_err(|error| job.failed(error))?;
        if !brought {
            return Ok(None);
        }
        let (outcome, usage) = (Outcome::Brought, Usage::default());
        (self.events)(Event::Finished {
            id: job.id,
            outcome,
            output,
            usage,
        });
        Ok(Some(output))
    }

    fn run_plan(&self, job: &PlanJob<'_>) -> Result<Object, Failure> {
        let hash = job.plan.hash();
        let fail = |error: ExecuteError| job.failed(error);
        let waiting = || (self.events)(Event::Waiting { id: job.id });
        let cancelled = || self.cancel.is_cancelled();
        let lock = self
            .store
            .lock(&hash, waiting, cancelled)
            .map_err(|e| fail(e.into()))?;
        if lock.is_none() {
            return Err(fail(ExecuteError::Cancelled));
        }
        if job.recorded.is_none()
            && let Ok(Some(record)) = self.store.record(&hash)
            && self.store.has(&record.output)
        {
            self.finished(job.id, Outcome::Found, &record);
            return Ok(record.output);
        }
        self.store
            .write_plan(job.plan)
            .map_err(|e| fail(e.into()))?;
        (self.events)(Event::Started {
            id: job.id,
            plan: hash,
        });
        let executed = self.execute(job);
        let (log, tail) = (executed.log.clone(), executed.tail.clone());
        self.record(job, executed).map_err(|error| Failure {
            log,
            tail,
            ..fail(error)
        })
    }

    fn execute(&self, job: &PlanJob<'_>) -> Executed {
        let line = |text| (self.events)(Event::Line { id: job.id, text });
        self.executor.execute(&Job {
            plan: job.plan,
            labels: job.labels,
            timeout: job
                .definition
                .meta()
                .timeout
                .unwrap_or(self.options.timeout),
            cancel: self.cancel,
            line: &line,
        })
    }

    /// Records what was made, or finds that it is not what was made before.
    fn record(&self, job: &PlanJob<'_>, executed: Executed) -> Result<Object, ExecuteError> {
        let (output, usage) = (executed.output?, executed.usage);
        let record = record(job.definition.label(), output, usage);
        match job.recorded {
            None => {
                self.store.write_record(job.plan, &record)?;
                self.finished(job.id, Outcome::Built, &record);
            }
            Some(recorded) if recorded == output => {
                self.finished(job.id, Outcome::Reproduced, &record);
            }
            Some(recorded) => {
                let changes = self.changes(&recorded, &output);
                return Err(ExecuteError::NotReproducible {
                    recorded,
                    now: output,
                    changes,
                });
            }
        }
        Ok(output)
    }

    fn changes(&self, old: &Object, new: &Object) -> Vec<Change> {
        let (Object::Tree(old), Object::Tree(new)) = (old, new) else {
            return Vec::new();
        };
        match (self.store.manifest(old), self.store.manifest(new)) {
            (Ok(old), Ok(new)) => old.diff(&new),
            _ => Vec::new(),
        }
    }

    fn finished(&self, id: NodeId, outcome: Outcome, record: &Record) {
        let (output, usage) = (record.output, record.usage);
        if outcome == Outcome::Built {
            self.store.note_timing(&record.label, usage.wall_ms);
        }
        (self.events)(Event::Finished {
            id,
            outcome,
            output,
            usage,
        });
    }
}

struct PlanJob<'a> {
    id: NodeId,
    definition: &'a Plan,
    plan: &'a Resolved,
    labels: &'a BTreeMap<Object, String>,
    /// What the records say, if it runs all the same.
    recorded: Option<Object>,
}

impl PlanJob<'_> {
    fn failed(&self, error: ExecuteError) -> Failure {
        Failure {
            plan: Some(self.plan.hash()),
            ..failure(Kind::Plan(self.definition), error)
        }
    }
}

/// What is written down of something that was made, or came, just now.
fn record(label: String, output: Object, usage: Usage) -> Record {
    Record {
        label,
        output,
        finished: SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs(),
        usage,
        machine: machine(),
        distill: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

fn failure(kind: Kind<'_>, error: ExecuteError) -> Failure {
    let location = match kind {
        Kind::Plan(plan) => Some(plan.location()),
        Kind::Source(_) | Kind::Literal(_) => None,
    };
    Failure {
        label: kind.label(),
        plan: None,
        location,
        log: None,
        tail: Vec::new(),
        error,
    }
}

/// The kernel and machine, as records name them.
fn machine() -> String {
    match nix::sys::utsname::uname() {
        Ok(name) => [name.sysname(), name.release(), name.machine()]
            .map(|part| part.to_string_lossy().into_owned())
            .join(" "),
        Err(_) => String::new(),
    }
}
