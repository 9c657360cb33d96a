//! Builds that no machine here can run, found before anything runs.

use super::super::error::BuildError;
use super::super::executor::Executor;
use super::super::graph::{Kind, NodeId};
use super::super::machine::WrongMachine;
use super::super::schedule::Schedule;
use crate::plan::Action;

/// Whether any build of a graph may have to run on another machine, so that it has to be known what others
/// have before anything runs.
pub(super) fn is_mixed(schedule: &Schedule<'_>, executor: &dyn Executor) -> bool {
    let nodes = 0..schedule.graph.nodes.len();
    nodes
        .into_iter()
        .any(|id| wrong(schedule, executor, id).is_some())
}

fn wrong(
    schedule: &Schedule<'_>,
    executor: &dyn Executor,
    id: NodeId,
) -> Option<(String, WrongMachine)> {
    let Kind::Plan(plan) = schedule.graph.nodes[id].kind else {
        return None;
    };
    let Ok(Action::Build(build)) = plan.action() else {
        return None;
    };
    let error = executor.check(&build.platform).err()?;
    Some((plan.label(), error))
}

/// Finds at once all builds that would have to run on another machine, before anything runs.
///
/// A build whose output is recorded, or in a cache, does not run. One that waits for what others make
/// could still turn out to be recorded, if they made again what they made before; that is not waited
/// for, since who has an output from another machine has what it is made of from there, too.
pub(super) fn check(schedule: &Schedule<'_>, executor: &dyn Executor) -> Result<(), BuildError> {
    let wrong = |id: NodeId| wrong(schedule, executor, id);
    let wrong: Vec<_> = schedule.to_be_run().filter_map(wrong).collect();
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(BuildError::WrongMachine(wrong))
    }
}
