//! What runs one plan.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use camino::Utf8PathBuf;

use super::cancel::Cancel;
use super::error::ExecuteError;
use super::machine::WrongMachine;
use crate::objects::Contents;
use crate::plan::{BuildPlatform, Object, Resolved};
use crate::store::Usage;

/// A plan to run, all of whose inputs are in the store; if it runs elsewhere, they may be there instead.
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

/// Where something is, or runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On this machine: bytes are in its store.
    Here,
    /// On another one: bytes are in the [contents](Executor::contents) of the executor.
    Elsewhere,
}

/// What a plan made, and where its bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Output {
    /// Which bytes.
    pub object: Object,
    /// Where they are. Whoever needs them here brings them.
    pub place: Place,
}

impl Output {
    /// An output in the store.
    pub fn here(object: Object) -> Output {
        let place = Place::Here;
        Output { object, place }
    }

    /// An output that is where the executor keeps its outputs.
    pub fn elsewhere(object: Object) -> Output {
        let place = Place::Elsewhere;
        Output { object, place }
    }
}

/// What came of a job.
#[derive(Debug)]
pub struct Executed {
    /// The output, and where it is, or why there is none.
    pub output: Result<Output, ExecuteError>,
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

    /// Runs `job` and lands its output in the store, or leaves it elsewhere.
    fn execute(&self, job: &Job<'_>) -> Executed;

    /// Where `plan` will run: what it needs has to be there, or here, before it is given to
    /// [`execute`](Executor::execute).
    fn place(&self, plan: &Resolved) -> Place {
        let _ = plan;
        Place::Here
    }

    /// Where jobs that run elsewhere take their inputs from, and leave their outputs. For these to be
    /// brought here when somebody needs them here, a cache has to be made of the same contents.
    fn contents(&self) -> Option<Arc<dyn Contents>> {
        None
    }
}
