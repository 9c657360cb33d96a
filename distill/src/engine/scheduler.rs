//! Builds graphs, and looks at what is missing of them.

use std::time::Duration;

use super::cancel::Cancel;
use super::error::BuildError;
use super::event::Event;
use super::executor::{Executor, Place};
use super::graph::{Graph, NodeId};
use super::questions::Others;
use super::run::run;
use super::schedule::{About, Facts, Schedule};
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
    /// How long the executor's contents may say nothing when they are asked what they have. After that
    /// they are not asked again in this run.
    pub question_timeout: Duration,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            jobs: super::cpus(),
            downloads: 4,
            keep_going: false,
            timeout: Duration::from_secs(2 * 60 * 60),
            check: false,
            question_timeout: Duration::from_secs(5),
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

    fn recorded(&self, hash: &PlanHash) -> Result<Option<Object>, BuildError> {
        Ok(self.store.record(hash)?.map(|record| record.output))
    }

    fn present(&self, object: &Object) -> Result<bool, BuildError> {
        Ok(self.store.has(object))
    }

    fn literal(&self, literal: &Literal) -> Result<Object, BuildError> {
        Ok(Object::Tree(literal_tree(literal)?.hash()))
    }

    fn has_others(&self) -> bool {
        self.supplier.has_others() || self.executor.contents().is_some()
    }

    fn place(&self, plan: &Resolved) -> Place {
        self.executor.place(plan)
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

    /// Asks others whatever has to be asked, and all that follows from the answers, until nothing is left
    /// but to do something.
    fn ask_all(&self, schedule: &mut Schedule<'_>) -> Result<(), BuildError> {
        let others = Others::new(*self);
        while schedule.is_asking() {
            let mut questions = schedule.take_questions(About::Record);
            questions.append(&mut schedule.take_questions(About::Bytes));
            let replies = others.answer(questions, self.cancel)?;
            schedule.answered(self, replies)?;
        }
        Ok(())
    }

    /// Looks at what is missing, without doing anything.
    pub fn survey(&self, roots: &[Plan]) -> Result<Survey, BuildError> {
        let graph = Graph::new(roots, &self.store.timings()).map_err(BuildError::Definition)?;
        let mut schedule = Schedule::new(graph);
        schedule.begin(self, false)?;
        self.ask_all(&mut schedule)?;
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
