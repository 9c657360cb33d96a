//! With what graphs are built, and what of it the schedule asks.

use std::time::Duration;

use super::cancel::Cancel;
use super::error::{BuildError, unreadable};
use super::event::Event;
use super::executor::{Executor, Place};
use super::schedule::Facts;
use super::supplier::Supplier;
use crate::plan::{Literal, Object, Plan, PlanHash, Resolved};
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

impl Facts for Builder<'_> {
    type Error = BuildError;

    fn recorded(&self, hash: &PlanHash) -> Result<Option<Object>, BuildError> {
        Ok(self.store.record(hash)?.map(|record| record.output))
    }

    fn present(&self, object: &Object) -> Result<bool, BuildError> {
        Ok(self.store.has(object))
    }

    fn literal(&self, literal: &Literal, user: &Plan) -> Result<Object, BuildError> {
        match literal_tree(literal) {
            Ok(tree) => Ok(Object::Tree(tree.hash())),
            Err(error) => Err(BuildError::Definition(vec![unreadable(user, &error)])),
        }
    }

    fn has_others(&self) -> bool {
        self.supplier.has_others() || self.executor.contents().is_some()
    }

    fn place(&self, plan: &Resolved) -> Place {
        self.executor.place(plan)
    }
}
