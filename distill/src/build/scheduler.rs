//! Runs a graph: jobs in threads, results back to the schedule.

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::thread::Scope;
use std::time::Duration;

use super::cancel::Cancel;
use super::error::{BuildError, Failure};
use super::event::Event;
use super::executor::Executor;
use super::graph::{Graph, Kind, NodeId};
use super::job::{PlanJob, told};
use super::schedule::{Facts, Lane, Schedule};
use super::supplier::Supplier;
use crate::plan::{Literal, Object, Plan, PlanHash, Resolved, Source};
use crate::store::Store;
use crate::store::intake::literal_tree;

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
        let record = told(definition.label(), output);
        self.store.write_record(plan, &record)?;
        Ok(Some(record.output))
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
                Kind::Literal(literal) => builder.land(literal).map(Some),
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
}
