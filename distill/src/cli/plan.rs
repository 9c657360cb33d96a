//! `plan`: what the image is made of, or what one plan does.

use serde_json::{Value, json};

use super::args::PlanArgs;
use super::build::dry_run;
use super::error::CliError;
use super::exit::Exit;
use super::graph::{Graph, Node, stored};
use super::inputs::{self, Described};
use super::invocation::Invocation;
use super::session::Session;
use crate::plan::{Action, BuildPlatform, Object, Plan, Resolved};
use crate::store::Store;

pub(super) fn run(invocation: &Invocation<'_>, args: &PlanArgs) -> Result<u8, CliError> {
    let session = Session::open(invocation)?;
    let roots = invocation.roots()?;
    let graph = Graph::new(&roots, invocation.target, &session.store)?;
    match (&args.package, args.dry_run) {
        (None, true) => dry_run(invocation, &session, &roots[..1])?,
        (Some(package), true) => {
            let plan: Plan = graph.one(package)?.plan.clone();
            dry_run(invocation, &session, &[plan])?;
        }
        (None, false) => list(invocation, &graph)?,
        (Some(package), false) => show(invocation, &graph, &session.store, package)?,
    }
    Ok(Exit::Success.code())
}

/// One line a plan: whether it is there, its hash, what it does, and its label.
fn list(invocation: &Invocation<'_>, graph: &Graph<'_>) -> Result<(), CliError> {
    let ui = &invocation.ui;
    for node in &graph.nodes {
        if ui.is_json() {
            ui.json(&described(node))?;
        } else {
            let hash = node
                .hash
                .map_or_else(|| "-".to_owned(), |hash| hash.0.short());
            let (state, kind) = (state(node), node.kind());
            ui.data(format_args!(
                "{state:<8} {hash:<8} {kind:<7} {}",
                node.plan.label()
            ))?;
        }
    }
    Ok(())
}

fn state(node: &Node<'_>) -> &'static str {
    match (node.present, node.output) {
        (true, _) => "there",
        (false, Some(_)) => "recorded",
        (false, None) => "missing",
    }
}

fn described(node: &Node<'_>) -> Value {
    let meta = node.plan.meta();
    json!({
        "label": node.plan.label(),
        "name": node.plan.name(),
        "version": meta.version,
        "target": meta.target,
        "licence": meta.licence,
        "homepage": meta.homepage,
        "cpe": meta.cpe,
        "purl": meta.purl,
        "local": meta.local,
        "prebuilt": meta.prebuilt,
        "kind": node.kind(),
        "location": node.plan.location().to_string(),
        "platform": platform(node.plan),
        "plan": node.hash,
        "output": node.output,
        "present": node.present,
        "dependencies": node.plan.dependencies().map(Plan::label).collect::<Vec<_>>(),
    })
}

/// The machine that a build runs on; an operation runs on every one.
fn platform(plan: &Plan) -> Option<&BuildPlatform> {
    match plan.action() {
        Ok(Action::Build(build)) => Some(&build.platform),
        _ => None,
    }
}

fn show(
    invocation: &Invocation<'_>,
    graph: &Graph<'_>,
    store: &Store,
    package: &str,
) -> Result<(), CliError> {
    if graph.find(package).is_empty()
        && let Some(hash) = stored(package, store)?
        && let Some(plan) = store.plan(&hash)?
    {
        return encoding(invocation, &plan);
    }
    let node = graph.one(package)?;
    let ui = &invocation.ui;
    if ui.is_json() {
        let mut value = described(node);
        let inputs = inputs::described(graph, node.plan);
        value["inputs"] = inputs.iter().map(Described::json).collect();
        value["encoding"] = node.resolved.as_ref().map_or(Value::Null, as_json);
        return ui.json(&value);
    }
    ui.status(format_args!(
        "{} {}",
        ui.bold(&node.plan.label()),
        node.plan.location()
    ));
    if let Some(hash) = node.hash {
        ui.status(format_args!("plan   {hash}"));
    }
    if let Some(output) = node.output {
        ui.status(format_args!("output {}", shown(store, &output)));
    }
    let inputs = inputs::described(graph, node.plan);
    let width = inputs.iter().map(Described::width).max().unwrap_or(0);
    if !inputs.is_empty() {
        ui.status("made from");
    }
    for input in inputs {
        ui.status(input.line(width));
    }
    match &node.resolved {
        Some(resolved) => encoding(invocation, resolved),
        None => unresolved(invocation, graph, node),
    }
}

fn shown(store: &Store, output: &Object) -> String {
    if store.has(output) {
        store.path(output).to_string()
    } else {
        format!("{output} (not there)")
    }
}

fn as_json(plan: &Resolved) -> Value {
    serde_json::to_value(plan).expect("plain data")
}

/// Prints a plan so that people can read it, its fields in the order of the encoding.
fn encoding(invocation: &Invocation<'_>, plan: &Resolved) -> Result<(), CliError> {
    let ui = &invocation.ui;
    if ui.is_json() {
        return ui.json(&as_json(plan));
    }
    ui.data(serde_json::to_string_pretty(plan).expect("plain data"))
}

/// A plan without a hash so far: tells what it waits for.
fn unresolved(
    invocation: &Invocation<'_>,
    graph: &Graph<'_>,
    node: &Node<'_>,
) -> Result<(), CliError> {
    if let Err(error) = node.plan.action() {
        return Err(CliError::Target(Box::new(error.clone())));
    }
    let ui = &invocation.ui;
    ui.status("its hash is known once these are built:");
    for plan in node
        .plan
        .dependencies()
        .filter(|plan| graph.node(plan).output.is_none())
    {
        ui.data(plan.label())?;
    }
    Ok(())
}
