//! What runs one plan.

use std::collections::BTreeMap;
use std::time::Duration;

use camino::Utf8PathBuf;

use super::cancel::Cancel;
use super::error::ExecuteError;
use super::machine::WrongMachine;
use crate::plan::{BuildPlatform, Object, Resolved};
use crate::store::Usage;

/// A plan to run, all of whose inputs are in the store.
pub struct Job<'a> {
    /// The plan.
    pub plan: &'a Resolved,
    /// What to call its inputs in messages.
    pub labels: &'a BTreeMap<Object, String>,
    /// After this time a build counts as hung.
    pub timeout: Duration,
    /// The wish to stop.
    pub cancel: &'a Cancel,
    /// Takes lines of the build's output.
    pub line: &'a (dyn Fn(String) + Sync),
}

/// What came of a job.
#[derive(Debug)]
pub struct Executed {
    /// The output, in the store, or why there is none.
    pub output: Result<Object, ExecuteError>,
    /// What it took.
    pub usage: Usage,
    /// The log, if a program ran.
    pub log: Option<Utf8PathBuf>,
    /// The last lines of it.
    pub tail: Vec<String>,
}

/// Runs plans, here or elsewhere. Everything a plan needs is named by content, so every executor
/// gives the same output.
pub trait Executor: Sync {
    /// Refuses a build that no machine of this executor can run.
    fn check(&self, platform: &BuildPlatform) -> Result<(), WrongMachine>;

    /// Runs `job` and lands its output in the store.
    fn execute(&self, job: &Job<'_>) -> Executed;
}
