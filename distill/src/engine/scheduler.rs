//! Builds graphs, and looks at what is missing of them.

use std::time::Duration;

use super::cancel::Cancel;
use super::error::BuildError;
use super::event::Event;
use super::executor::Executor;
use super::graph::{Graph, NodeId};
use super::job::told;
use super::run::run;
use super::schedule::{Facts, Schedule};
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
        let failures = run(self, &mut schedule)?;
        if self.cancel.is_cancelled() {
            return Err(BuildError::Cancelled);
        }
        if !failures.is_empty() {
            let skipped = schedule.untried();
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
        let label = |id: NodeId| schedule.graph.nodes[id].label();
        let missing = schedule.unfinished().map(label).collect();
        let source = |id: NodeId| schedule.graph.nodes[id].source();
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
}
