//! `why`: the way from the image to a package.

use std::collections::{HashMap, HashSet, VecDeque};

use serde_json::json;

use super::args::WhyArgs;
use super::error::CliError;
use super::exit::Exit;
use super::graph::Graph;
use super::invocation::Invocation;
use crate::plan::{Action, Artifact, Plan};

pub(super) fn run(invocation: &Invocation<'_>, args: &WhyArgs) -> Result<u8, CliError> {
    let store = invocation.store()?;
    let roots = invocation.roots()?;
    let graph = Graph::new(&roots, invocation.target, &store)?;
    let (wanted, last) = wanted(&graph, &args.package)?;
    let Some(mut path) = shortest(&roots[0], &wanted) else {
        let (image, package) = (invocation.target.name(), &args.package);
        let text = format!("the image `{image}` does not need `{package}`");
        return Err(CliError::Definition(text));
    };
    path.reverse();
    let ui = &invocation.ui;
    let mut steps: Vec<(String, Option<String>)> = path
        .iter()
        .map(|plan| (plan.label(), Some(plan.location().to_string())))
        .collect();
    steps.extend(last.map(|source| (source, None)));
    for (depth, (label, location)) in steps.iter().enumerate() {
        if ui.is_json() {
            ui.json(&json!({"label": label, "location": location}))?;
        } else {
            let arrow = if depth == 0 { "" } else { "└ " };
            let indent = "  ".repeat(depth.saturating_sub(1));
            ui.data(format_args!("{indent}{arrow}{label}"))?;
        }
    }
    Ok(Exit::Success.code())
}

/// The plans that a path may end at, and what is to be said after them: a source is no plan.
fn wanted(graph: &Graph<'_>, text: &str) -> Result<(HashSet<usize>, Option<String>), CliError> {
    let found = graph.find(text);
    if !found.is_empty() {
        return Ok((found.iter().map(|node| node.plan.id()).collect(), None));
    }
    let uses = |plan: &Plan| {
        let inputs = plan.action().map(Action::inputs).unwrap_or_default();
        inputs
            .iter()
            .any(|input| matches!(input, Artifact::Source(s) if s.file_name == text))
    };
    let users: HashSet<usize> = graph
        .nodes
        .iter()
        .filter(|node| uses(node.plan))
        .map(|node| node.plan.id())
        .collect();
    if users.is_empty() {
        Err(graph.nothing(text))
    } else {
        Ok((users, Some(text.to_owned())))
    }
}

/// The shortest way from `image` to one of `wanted`, last step first.
fn shortest<'p>(image: &'p Plan, wanted: &HashSet<usize>) -> Option<Vec<&'p Plan>> {
    let mut users: HashMap<usize, Option<&'p Plan>> = HashMap::from([(image.id(), None)]);
    let mut queue = VecDeque::from([image]);
    while let Some(plan) = queue.pop_front() {
        if wanted.contains(&plan.id()) {
            return Some(std::iter::successors(Some(plan), |plan| users[&plan.id()]).collect());
        }
        for dependency in plan.dependencies() {
            users.entry(dependency.id()).or_insert_with(|| {
                queue.push_back(dependency);
                Some(plan)
            });
        }
    }
    None
}
