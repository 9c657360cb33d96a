//! `build`: the image, or packages.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;

use super::args::{BuildArgs, BuildOptions};
use super::copy::{copy_file, copy_tree, look};
use super::error::CliError;
use super::exit::Exit;
use super::graph::Graph;
use super::invocation::Invocation;
use super::preflight::{self, makes_file};
use super::session::Session;
use super::units;
use crate::engine::Options;
use crate::plan::{Object, Plan};
use crate::store::{Placed, Root, Store};

/// How the name of an image's file ends.
const EXTENSION: &str = "img";

pub(super) fn run(invocation: &Invocation<'_>, args: &BuildArgs) -> Result<u8, CliError> {
    let session = Session::open(invocation)?;
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
    let wanted = wanted(invocation, &options.format)?;
    if options.dry_run {
        let plans: Vec<Plan> = wanted.into_iter().map(|(plan, _)| plan).collect();
        return dry_run(invocation, session, &plans);
    }
    if options.output.is_some() && wanted.len() > 1 {
        let text =
            "cannot put several formats in one place\nhint: build one at a time with `--output`";
        return Err(CliError::Usage(text.to_owned()));
    }
    for (plan, extension) in &wanted {
        let output = options.output.as_deref();
        let path = put(
            invocation,
            session,
            plan,
            extension,
            &options.options(),
            output,
        )?;
        tell(invocation, invocation.target.name(), &path)?;
    }
    Ok(())
}

/// The image, or the image in other forms; and how the files' names end.
fn wanted(
    invocation: &Invocation<'_>,
    formats: &[String],
) -> Result<Vec<(Plan, String)>, CliError> {
    let target = invocation.target;
    if formats.is_empty() {
        return Ok(vec![(target.image()?.clone(), EXTENSION.to_owned())]);
    }
    let form = |name: &String| {
        let (plan, extension) = target.form(name)?;
        Ok((plan, extension.to_owned()))
    };
    formats.iter().map(form).collect()
}

/// Builds the image, and puts it where it belongs; the path of it.
pub(super) fn build_image(
    invocation: &Invocation<'_>,
    session: &Session<'_>,
    options: &Options,
) -> Result<Utf8PathBuf, CliError> {
    let image = invocation.target.image()?;
    put(invocation, session, image, EXTENSION, options, None)
}

/// Builds `image`, and puts it where it belongs; the path of it. One that is a tree belongs in the
/// store, unless there is an `output`.
fn put(
    invocation: &Invocation<'_>,
    session: &Session<'_>,
    image: &Plan,
    extension: &str,
    options: &Options,
    output: Option<&Utf8Path>,
) -> Result<Utf8PathBuf, CliError> {
    let (target, directory) = (invocation.target, &invocation.settings.directory);
    let usual =
        || makes_file(image).then(|| format!("target/images/{}.{extension}", target.name()).into());
    let path = output.map(ToOwned::to_owned).or_else(usual);
    let path = path.map(|path: Utf8PathBuf| directory.join(path));
    if let Some(path) = &path {
        preflight::output(image, path)?;
    }
    let object = session.build(std::slice::from_ref(image), options)?[0];
    let made = Made {
        name: target.name(),
        plan: image,
        object,
    };
    keep(invocation, session, &made, path.as_deref())?;
    Ok(path.unwrap_or_else(|| session.store.path(&object)))
}

fn packages(
    invocation: &Invocation<'_>,
    session: &Session<'_>,
    args: &BuildArgs,
) -> Result<(), CliError> {
    if !args.options.format.is_empty() {
        let text = "cannot give a package a format: `--format` is about the image";
        return Err(CliError::Usage(text.to_owned()));
    }
    let roots = invocation.roots()?;
    let graph = Graph::new(&roots, invocation.target, &session.store)?;
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
        let [plan] = &plans[..] else {
            let text = "cannot put several packages in one place\nhint: build one at a time with \
                        `--output`";
            return Err(CliError::Usage(text.to_owned()));
        };
        preflight::output(plan, path)?;
    }
    let made = session.build(&plans, &args.options.options())?;
    for (plan, object) in plans.iter().zip(made) {
        let label = plan.label();
        let made = Made {
            name: &label,
            plan,
            object,
        };
        keep(invocation, session, &made, output.as_deref())?;
        let path = output.clone();
        let path = path.unwrap_or_else(|| session.store.path(&object));
        tell(invocation, &label, &path)?;
    }
    Ok(())
}

/// Something that was asked for, and was built.
struct Made<'a> {
    /// What it was called.
    name: &'a str,
    plan: &'a Plan,
    object: Object,
}

/// Notes what was asked for, and puts a copy at `path`, unless there is one already.
fn keep(
    invocation: &Invocation<'_>,
    session: &Session<'_>,
    made: &Made<'_>,
    path: Option<&Utf8Path>,
) -> Result<(), CliError> {
    let (store, object) = (&session.store, &made.object);
    let makers = store.makers(object)?;
    let hash = match (makers.len(), makers.first()) {
        // The one that has just been found to have made it.
        (1, Some(hash)) => Some(*hash),
        // Other plans have made the same, or the way back is gone; the definition knows.
        _ => {
            let roots = std::slice::from_ref(made.plan);
            Graph::new(roots, invocation.target, store)?
                .node(made.plan)
                .hash
        }
    };
    let before = hash.map(|hash| store.root_of(&hash)).transpose()?.flatten();
    let before = before.filter(|root| root.output == *object);
    let placed = match path {
        Some(path) => place(store, object, path, before.and_then(|root| root.placed))?,
        None => None,
    };
    if let Some(hash) = hash {
        let root = Root::now(made.name, hash, *object);
        store.note_root(&Root { placed, ..root })?;
    }
    Ok(())
}

/// Puts a copy at `path`, unless `before` is there unchanged.
fn place(
    store: &Store,
    object: &Object,
    path: &Utf8Path,
    before: Option<Placed>,
) -> Result<Option<Placed>, CliError> {
    match object {
        Object::Tree(hash) => {
            copy_tree(&store.manifest(hash)?, &store.path(object), path)?;
            Ok(None)
        }
        Object::Blob(_) => match before.filter(|placed| placed.path == path) {
            Some(placed) if look(path).is_ok_and(|now| now == placed) => Ok(Some(placed)),
            _ => copy_file(&store.path(object), path).map(Some),
        },
    }
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
    // An archive and the tree that it becomes, for example, have one label.
    let mut seen = BTreeSet::new();
    let missing: Vec<&String> = survey
        .missing
        .iter()
        .filter(|label| seen.insert(*label))
        .collect();
    let known: u64 = missing.iter().filter_map(|label| timings.get(*label)).sum();
    for label in &missing {
        if ui.is_json() {
            let time = timings.get(*label);
            ui.json(&json!({"event": "missing", "label": label, "last_ms": time}))?;
        } else {
            ui.data(label)?;
        }
    }
    ui.status(match missing.len() {
        0 => "nothing to do: everything is there".to_owned(),
        number => format!("{} to do", units::count(number, "job")),
    });
    if known > 0 {
        let time = units::duration(std::time::Duration::from_millis(known));
        ui.status(format_args!("those that ran before took {time} together"));
    }
    Ok(())
}
