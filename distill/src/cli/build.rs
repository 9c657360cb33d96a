//! `build`: the image, or packages.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;

use super::args::{BuildArgs, BuildOptions};
use super::copy::{copy_file, copy_tree, look};
use super::error::CliError;
use super::exit::Exit;
use super::invocation::Invocation;
use super::session::Session;
use super::{preflight, units};
use crate::build::Options;
use crate::plan::{Object, Plan};
use crate::store::Root;

pub(super) fn run(invocation: &Invocation<'_>, args: &BuildArgs) -> Result<u8, CliError> {
    let session = invocation.session()?;
    if args.packages.is_empty() {
        image(invocation, &session, &args.options)?;
    } else {
        packages(invocation, &session, args)?;
    }
    Ok(Exit::Success.code())
}

fn image(
    invocation: &Invocation<'_>,
    session: &Session<'_>,
    options: &BuildOptions,
) -> Result<(), CliError> {
    if options.dry_run {
        return dry_run(
            invocation,
            session,
            std::slice::from_ref(invocation.target.image()?),
        );
    }
    let path = build_image(
        invocation,
        session,
        &options.options(),
        options.output.as_deref(),
    )?;
    tell(invocation, invocation.target.name(), &path)
}

/// Builds the image, and puts it where it belongs; the path of it.
pub(super) fn build_image(
    invocation: &Invocation<'_>,
    session: &Session<'_>,
    options: &Options,
    output: Option<&Utf8Path>,
) -> Result<Utf8PathBuf, CliError> {
    let (target, directory) = (invocation.target, &invocation.settings.directory);
    let image = target.image()?;
    let path = match output {
        Some(output) => directory.join(output),
        None => directory.join(format!("target/images/{}.img", target.name())),
    };
    preflight::output(&path)?;
    let made = session.build(std::slice::from_ref(image), options)?[0];
    keep(session, target.name(), &made, Some(&path))?;
    Ok(path)
}

fn packages(
    invocation: &Invocation<'_>,
    session: &Session<'_>,
    args: &BuildArgs,
) -> Result<(), CliError> {
    let roots = invocation.roots()?;
    let graph = invocation.graph(&roots, &session.store)?;
    let mut plans: Vec<Plan> = Vec::new();
    for package in &args.packages {
        match graph.find(package)[..] {
            [] => return Err(graph.nothing(package)),
            ref found => plans.extend(found.iter().map(|node| node.plan.clone())),
        }
    }
    if args.options.dry_run {
        return dry_run(invocation, session, &plans);
    }
    let output = args.options.output.as_ref();
    let output = output.map(|output| invocation.settings.directory.join(output));
    if let Some(path) = &output {
        if plans.len() > 1 {
            let text = "cannot put several packages in one place\nhint: build one at a time with \
                        `--output`";
            return Err(CliError::Usage(text.to_owned()));
        }
        preflight::output(path)?;
    }
    let made = session.build(&plans, &args.options.options())?;
    for (plan, object) in plans.iter().zip(&made) {
        keep(session, &plan.label(), object, output.as_deref())?;
        let path = output.clone().unwrap_or_else(|| session.store.path(object));
        tell(invocation, &plan.label(), &path)?;
    }
    Ok(())
}

/// Notes what was asked for, and puts a copy at `path`, unless there is one already.
fn keep(
    session: &Session<'_>,
    name: &str,
    object: &Object,
    path: Option<&Utf8Path>,
) -> Result<(), CliError> {
    let store = &session.store;
    let Some(plan) = store.maker(object)? else {
        return Ok(());
    };
    let mut root = Root::now(name, plan, *object);
    if let Some(path) = path {
        root.placed = match object {
            Object::Tree(hash) => {
                copy_tree(&store.manifest(hash)?, &store.path(object), path)?;
                None
            }
            Object::Blob(_) => {
                let before = store.root_of(&plan)?.filter(|root| root.output == *object);
                let before = before
                    .and_then(|root| root.placed)
                    .filter(|placed| placed.path == path);
                match before {
                    Some(placed) if look(path).is_ok_and(|now| now == placed) => Some(placed),
                    _ => Some(copy_file(&store.path(object), path)?),
                }
            }
        };
    }
    Ok(store.note_root(&root)?)
}

fn tell(invocation: &Invocation<'_>, label: &str, path: &Utf8Path) -> Result<(), CliError> {
    let ui = &invocation.ui;
    if ui.is_json() {
        return ui.json(&json!({"event": "output", "label": label, "path": path}));
    }
    ui.data(path)
}

/// Tells what would be done.
pub(super) fn dry_run(
    invocation: &Invocation<'_>,
    session: &Session<'_>,
    plans: &[Plan],
) -> Result<(), CliError> {
    let (ui, survey) = (&invocation.ui, session.survey(plans)?);
    let timings = session.store.timings();
    let known: u64 = survey
        .missing
        .iter()
        .filter_map(|label| timings.get(label))
        .sum();
    for label in &survey.missing {
        if ui.is_json() {
            let time = timings.get(label);
            ui.json(&json!({"event": "missing", "label": label, "last_ms": time}))?;
        } else {
            ui.data(label)?;
        }
    }
    ui.status(match survey.missing.len() {
        0 => "nothing to do: everything is there".to_owned(),
        number => format!("{} to do", units::count(number, "job")),
    });
    if known > 0 {
        let time = units::duration(std::time::Duration::from_millis(known));
        ui.status(format_args!("those that ran before took {time} together"));
    }
    Ok(())
}
