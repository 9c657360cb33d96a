//! `export`: what was built, into a directory that others name with `--cache`.

use serde_json::json;

use super::args::ExportArgs;
use super::error::CliError;
use super::exit::Exit;
use super::graph::Graph;
use super::invocation::Invocation;
use super::session::Session;
use super::{preflight, units};
use crate::engine::{BuildError, Publisher};
use crate::fetch::DirectoryCache;
use crate::plan::Action;

/// Builds what is missing, and gives away what programs made, and the image. Of what follows from
/// those without running a program, it is enough to tell what it is.
pub(super) fn run(invocation: &Invocation<'_>, args: &ExportArgs) -> Result<u8, CliError> {
    let directory = invocation.settings.directory.join(&args.dir);
    preflight::directory(&directory)?;
    let cache = DirectoryCache::create(&directory)?;
    let (session, roots) = (Session::open(invocation)?, invocation.roots()?);
    session.build(&roots, &args.work.options())?;
    let graph = Graph::new(&roots, invocation.target, &session.store)?;
    let publisher = Publisher {
        store: &session.store,
        contents: &cache,
        records: &cache,
    };
    let mut made = Vec::new();
    let mut count = 0;
    for node in &graph.nodes {
        let (Some(plan), Some(output)) = (&node.resolved, node.output) else {
            continue;
        };
        if session.cancel.is_cancelled() {
            return Err(BuildError::Cancelled.into());
        }
        let is_root = roots.iter().any(|root| root.id() == node.plan.id());
        // What came from a cache itself was not made of anything that is here.
        if node.present && (is_root || node.plan.action().is_ok_and(Action::is_build)) {
            publisher.bytes(&output)?;
            count += 1;
        }
        made.push(plan);
    }
    // Bytes come before what tells of them.
    publisher.records(&made)?;
    let count = units::count(count, "output");
    invocation
        .ui
        .status(format_args!("{count} in `{directory}`"));
    if invocation.ui.is_json() {
        let event = json!({"event": "exported", "directory": directory});
        invocation.ui.json(&event)?;
    } else {
        invocation.ui.data(&directory)?;
    }
    Ok(Exit::Success.code())
}
