//! A store, and what it takes to build in it.

use std::sync::Mutex;

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;

use super::super::sandbox::tests::fixture::{libraries, locate, usable};
use super::super::sandbox::{Method, probe};
use super::super::{
    BuildError, Builder, Cancel, Event, ExecuteError, JobId, Local, Machine, Options, Supplier,
};
use crate::plan::{
    AbsPath, Action, Arch, Artifact, Build, BuildPlatform, Contents, Input, Literal, LiteralNode,
    Mode, Name, Object, OutputKind, PathSet, Plan, RelPath, Source,
};
use crate::store::Store;
use crate::store::intake::remove_tree;

/// A store in a directory of its own, which goes with it.
pub(super) struct Lab {
    pub(super) store: Store,
    directory: Option<TempDir>,
    method: Method,
}

impl Lab {
    /// None if this machine makes no sandbox.
    pub(super) fn new() -> Option<Lab> {
        Lab::below(Utf8Path::from_path(&std::env::temp_dir()).unwrap())
    }

    /// The same with its store below a directory that is there.
    pub(super) fn below(place: &Utf8Path) -> Option<Lab> {
        if !usable() {
            return None;
        }
        let directory = TempDir::with_prefix_in("lab-", place).unwrap();
        let root = Utf8Path::from_path(directory.path()).unwrap().join("store");
        let store = Store::open(&root).unwrap();
        let capabilities = probe(store.temp_dir().unwrap().path()).unwrap();
        Some(Lab {
            method: capabilities.method(1).unwrap(),
            store,
            directory: Some(directory),
        })
    }

    pub(super) fn directory(&self) -> &Utf8Path {
        let directory = self.directory.as_ref().expect("until it is dropped");
        Utf8Path::from_path(directory.path()).unwrap()
    }

    /// Builds a plan; what it printed last, if it failed, with the message.
    pub(super) fn build(&self, plan: &Plan) -> Result<Object, String> {
        self.build_all(std::slice::from_ref(plan))
            .map(|outputs| outputs[0])
    }

    pub(super) fn build_all(&self, plans: &[Plan]) -> Result<Vec<Object>, String> {
        let executor = Local::new(&self.store, 2, self.method).unwrap();
        let (options, cancel, notes) = (Options::default(), Cancel::default(), Mutex::default());
        let events = |event| {
            if let Event::Note { text, .. } = event {
                let mut notes: std::sync::MutexGuard<'_, Vec<String>> = notes.lock().unwrap();
                notes.push(text);
            }
        };
        let builder = Builder {
            store: &self.store,
            executor: &executor,
            supplier: &NoSources,
            options: &options,
            events: &events,
            cancel: &cancel,
        };
        builder.build(plans).map_err(|error| told(&error))
    }

    /// What a Python program prints in a build; nothing if the host has no Python.
    pub(super) fn python(&self, program: &str, more: Vec<Input<Artifact>>) -> Option<String> {
        let python = Utf8Path::new("/usr/bin/python3").canonicalize_utf8().ok()?;
        let mut literal = programs(&PROGRAMS);
        add_program(&mut literal, "usr/bin/python3", &python);
        let library = Utf8Path::new("/usr/lib").join(python.file_name()?);
        add_modules(&mut literal, &library);
        let mut inputs = vec![at("/", text("program.py", program))];
        inputs.extend(more);
        let run = "PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -IS /program.py > /out/printed";
        let output = self.build(&script_on(literal, run, inputs)).unwrap();
        Some(self.read(&output, "printed"))
    }

    /// The text of a file of an output.
    pub(super) fn read(&self, output: &Object, path: &str) -> String {
        std::fs::read_to_string(self.store.path(output).join(path)).unwrap()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let directory = self.directory.take().expect("once").keep();
        remove_tree(&Utf8PathBuf::from_path_buf(directory).unwrap()).unwrap();
    }
}

/// All that a user would read.
fn told(error: &BuildError) -> String {
    let chain = |error: &dyn std::error::Error| {
        let (mut text, mut source) = (error.to_string(), error.source());
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        text
    };
    match error {
        BuildError::Failed { failures, .. } => failures
            .iter()
            .map(|failure| format!("{}\n{}", chain(&failure.error), failure.tail.join("\n")))
            .collect(),
        error => chain(error),
    }
}

/// Brings nothing: plans here need no sources.
pub(super) struct NoSources;

impl Supplier for NoSources {
    fn supply(
        &self,
        _: JobId,
        _: &Source,
        _: &Cancel,
        _: &(dyn Fn(Event) + Sync),
    ) -> Result<Object, ExecuteError> {
        Err(ExecuteError::NoOutput)
    }
}

pub(super) fn path(text: &str) -> RelPath {
    RelPath::new(text).unwrap()
}

pub(super) fn at(place: &str, of: impl Into<Artifact>) -> Input<Artifact> {
    Input {
        at: AbsPath::new(place).unwrap(),
        of: of.into(),
    }
}

/// A file with this text.
pub(super) fn text(place: &str, text: &str) -> Artifact {
    Artifact::file(path(place), Mode::FILE, text.to_owned())
}

/// Some programs of the host in `/bin`, with the libraries that they want. Those that the host does not
/// have are left out.
pub(super) fn programs(names: &[&str]) -> Literal {
    let mut literal = Literal::default();
    for name in names {
        if let Some(file) = locate(name) {
            add_program(&mut literal, &format!("bin/{name}"), &file);
        }
    }
    literal
}

/// What scripts find in `/bin`.
pub(super) const PROGRAMS: [&str; 13] = [
    "bash", "sh", "cat", "chmod", "cp", "env", "ln", "ls", "mkdir", "mv", "rm", "sleep", "stat",
];

/// Adds a program of the host at a place, with its libraries.
pub(super) fn add_program(literal: &mut Literal, place: &str, file: &Utf8Path) {
    add_file(literal, place, file);
    for library in libraries(file) {
        add_file(literal, library.as_str().trim_start_matches('/'), &library);
    }
}

fn add_file(literal: &mut Literal, place: &str, file: &Utf8Path) {
    let node = LiteralNode::File {
        mode: Some(Mode::EXECUTABLE),
        contents: Contents::Local(file.canonicalize_utf8().unwrap()),
    };
    literal.0.insert(path(place), node);
}

/// Adds a directory of Python's modules, with the packages that the programs here want.
fn add_modules(literal: &mut Literal, directory: &Utf8Path) {
    const PACKAGES: [&str; 6] = [
        "collections",
        "ctypes",
        "encodings",
        "importlib",
        "lib-dynload",
        "re",
    ];
    for entry in directory.read_dir_utf8().unwrap().map(Result::unwrap) {
        let (name, file) = (entry.file_name(), entry.path());
        if entry.file_type().unwrap().is_dir() && PACKAGES.contains(&name) {
            add_modules(literal, file);
        } else if file.is_file() {
            let place = file.as_str().trim_start_matches('/');
            match file.extension() {
                Some("so") => add_program(literal, place, file),
                _ => add_file(literal, place, file),
            }
        }
    }
}

/// A build that runs a script, on a root of some programs and what else is given.
pub(super) fn script(text: &str, more: Vec<Input<Artifact>>) -> Plan {
    script_on(programs(&PROGRAMS), text, more)
}

/// The same on a root of other programs.
fn script_on(programs: Literal, text: &str, more: Vec<Input<Artifact>>) -> Plan {
    plan(inputs(programs, text, more), OutputKind::Tree)
}

/// The same with one file as the output.
pub(super) fn script_for_file(file: &str, text: &str) -> Plan {
    let inputs = inputs(programs(&PROGRAMS), text, Vec::new());
    plan(inputs, OutputKind::File(path(file)))
}

fn inputs(programs: Literal, text: &str, more: Vec<Input<Artifact>>) -> Vec<Input<Artifact>> {
    let build = format!("#!/bin/sh -eu\nPATH=/bin\n{text}\n");
    let mut inputs = vec![
        at("/", programs),
        at("/", Artifact::file(path("build"), Mode::EXECUTABLE, build)),
    ];
    inputs.extend(more);
    inputs
}

/// A build of these inputs.
pub(super) fn plan(inputs: Vec<Input<Artifact>>, output: OutputKind) -> Plan {
    let here = Machine::here();
    let is_here = |arch: &Arch| here.check(&BuildPlatform::any(*arch)).is_ok();
    let arch = Arch::ALL.into_iter().find(is_here);
    let arch = arch.expect("an architecture that packages are built for");
    Plan::named(Name::new("trial").unwrap()).action(Action::Build(Build {
        platform: BuildPlatform::any(arch),
        inputs,
        output,
        setid: PathSet::default(),
    }))
}
