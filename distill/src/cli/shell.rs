//! `shell`: into the sandbox of a build.

use super::args::ShellArgs;
use super::beginning;
use super::error::CliError;
use super::graph::Graph;
use super::invocation::Invocation;
use super::log::find;
use super::session::Session;
use super::streams::talk;
use crate::engine::sandbox::{self, Method, Spec, Status, probe};
use crate::engine::{ENVIRONMENT, PROGRAM, shell_spec};
use crate::plan::tree::entry_at;
use crate::plan::{AbsPath, Action, Build, Input, Object, Plan, PlanHash};
use crate::store::Store;
use crate::store::io::{At as _, read_if_there};

/// Where a shell may be, best first.
const SHELLS: [&str; 6] = [
    "/bin/bash",
    "/usr/bin/bash",
    "/bin/sh",
    "/usr/bin/sh",
    "/bin/busybox",
    "/usr/bin/busybox",
];

pub(super) fn run(invocation: &Invocation<'_>, args: &ShellArgs) -> Result<u8, CliError> {
    let session = Session::open(invocation)?;
    prepare(invocation, &session, &args.package)?;
    let store = &session.store;
    let plan = find(invocation, store, &args.package)?;
    let build = build_of(invocation, store, &plan, &args.package)?;
    check_inputs(store, &build, &args.package)?;
    let command = command(store, &build, &args.command)?;
    let (program, arguments) = begin(store, &build, command)?;
    let scratch = store.temp_dir()?;
    let capabilities = probe(scratch.path()).at("try a sandbox in", scratch.path())?;
    let method = capabilities.method(build.inputs.len())?;
    let mut spec = shell_spec(store, &build, scratch.path(), method, &program)?;
    spec.args = arguments;
    spec.env.extend(
        invocation
            .env
            .get("TERM")
            .map(|term| ("TERM".to_owned(), term.to_owned())),
    );
    invocation.ui.status(format_args!(
        "in the sandbox of {}: `{PROGRAM}` is its program, and nothing that happens here is kept",
        args.package
    ));
    enter(&spec)
}

/// Builds what the build of a package of this target is made from.
fn prepare(
    invocation: &Invocation<'_>,
    session: &super::session::Session<'_>,
    package: &str,
) -> Result<(), CliError> {
    if super::graph::stored(package, &session.store)?.is_some() {
        return Ok(());
    }
    let roots = invocation.roots()?;
    let graph = Graph::new(&roots, invocation.target, &session.store)?;
    let inputs: Vec<Plan> = graph.one(package)?.plan.dependencies().cloned().collect();
    session.build(&inputs, &crate::engine::Options::default())?;
    Ok(())
}

fn build_of(
    invocation: &Invocation<'_>,
    store: &Store,
    plan: &PlanHash,
    text: &str,
) -> Result<Build<Object>, CliError> {
    let kept = store.plan(plan)?;
    let resolved = match kept {
        Some(resolved) => resolved,
        // Never run so far: only its recipe knows it.
        None => {
            let roots = invocation.roots()?;
            let graph = Graph::new(&roots, invocation.target, store)?;
            let resolved = graph.one(text)?.resolved.clone();
            resolved.ok_or_else(|| graph.nothing(text))?
        }
    };
    match resolved.action() {
        Action::Build(build) => Ok(build.clone()),
        _ => Err(CliError::Definition(format!(
            "`{text}` has no sandbox: it runs no program"
        ))),
    }
}

fn check_inputs(store: &Store, build: &Build<Object>, text: &str) -> Result<(), CliError> {
    match build.inputs.iter().find(|input| !store.has(&input.of)) {
        None => Ok(()),
        Some(input) => Err(CliError::Definition(format!(
            "the sandbox of `{text}` cannot be made: `{}` is not in the store any more\nhint: build \
             it again, then it is",
            input.of
        ))),
    }
}

/// What to run, by its path: what the user says, or a shell that is there.
fn command(
    store: &Store,
    build: &Build<Object>,
    command: &[String],
) -> Result<Vec<String>, CliError> {
    if let [program, arguments @ ..] = command {
        let program = look_up(store, build, program)?;
        return Ok([&[program], arguments].concat());
    }
    for shell in SHELLS {
        if has(store, build, shell)? {
            let busybox = shell.ends_with("/busybox").then(|| "sh".to_owned());
            return Ok([shell.to_owned()].into_iter().chain(busybox).collect());
        }
    }
    let text = "there is no shell in this sandbox\nhint: run a program that is there, as in `shell \
                PACKAGE -- /build`";
    Err(CliError::Definition(text.to_owned()))
}

/// Where a program lies of which the user says the name or the path.
fn look_up(store: &Store, build: &Build<Object>, program: &str) -> Result<String, CliError> {
    if program.contains('/') {
        return Ok(program.to_owned());
    }
    let path = ENVIRONMENT.iter().find(|(name, _)| *name == "PATH");
    let path = path.map_or("", |(_, directories)| *directories);
    for directory in path.split(':') {
        let file = format!("{directory}/{program}");
        if has(store, build, &file)? {
            return Ok(file);
        }
    }
    Err(CliError::Definition(format!(
        "there is no `{program}` in this sandbox: no input has it in `{path}`\nhint: a package that is to \
         run there is one of the recipe's `tools`"
    )))
}

/// What does first what the build does first, and then runs `command`.
fn begin(
    store: &Store,
    build: &Build<Object>,
    command: Vec<String>,
) -> Result<(String, Vec<String>), CliError> {
    let is_root = |input: &&Input<Object>| input.at == AbsPath::root();
    for input in build.inputs.iter().filter(is_root) {
        let file = store.path(&input.of).join(&PROGRAM[1..]);
        // One that is no text is no script.
        let Some(bytes) = read_if_there(&file)? else {
            continue;
        };
        let text = String::from_utf8(bytes).unwrap_or_default();
        if let Some(prepared) = beginning::before(&text, &command) {
            return Ok(prepared);
        }
    }
    let mut words = command.into_iter();
    let program = words.next().expect("a command has a program");
    Ok((program, words.collect()))
}

/// Whether an input has the file `path`.
fn has(store: &Store, build: &Build<Object>, path: &str) -> Result<bool, CliError> {
    for input in build
        .inputs
        .iter()
        .filter(|input| input.at == AbsPath::root())
    {
        if let Object::Tree(hash) = input.of
            && entry_at(store, &hash, &path[1..])?.is_some()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Runs the program for the user at the streams of this process; its exit status.
fn enter(spec: &Spec) -> Result<u8, CliError> {
    if spec.method == Method::Copy {
        sandbox::populate(spec)?;
    }
    let exit = talk(spec)?;
    Ok(match exit.status {
        Status::Code(code) => u8::try_from(code).unwrap_or(u8::MAX),
        // As shells do.
        Status::Signal(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
    })
}
