//! `log`: what a build printed.

use super::args::LogArgs;
use super::error::CliError;
use super::exit::Exit;
use super::graph::{Graph, argument, stored};
use super::invocation::Invocation;
use crate::plan::PlanHash;
use crate::store::{Store, read_log};

pub(super) fn run(invocation: &Invocation<'_>, args: &LogArgs) -> Result<u8, CliError> {
    let store = invocation.store()?;
    let plan = find(invocation, &store, &args.package)?;
    let logs = store.logs(&plan)?;
    let Some(newest) = logs.last() else {
        let (short, package) = (argument(&plan), &args.package);
        let text = format!(
            "there is no log of `{package}` ({short})\nhint: it has not run here: either it has \
             not been built, or it runs no program"
        );
        return Err(CliError::Definition(text));
    };
    if args.list {
        logs.iter().try_for_each(|log| invocation.ui.data(log))?;
    } else {
        invocation.ui.bytes(&read_log(newest)?)?;
    }
    Ok(Exit::Success.code())
}

/// The plan that `text` means: of this target's graph, or any that the store knows.
pub(super) fn find(
    invocation: &Invocation<'_>,
    store: &Store,
    text: &str,
) -> Result<PlanHash, CliError> {
    if let Some(plan) = stored(text, store)? {
        return Ok(plan);
    }
    let roots = invocation.roots()?;
    let graph = Graph::new(&roots, invocation.target, store)?;
    let node = graph.one(text)?;
    node.hash.ok_or_else(|| {
        let label = node.plan.label();
        CliError::Definition(format!(
            "`{label}` has no hash yet: what it is made from has not been built\nhint: `build {text}`"
        ))
    })
}
