//! From the inputs of a build to the root file system that it sees.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::environment::{ENVIRONMENT, HOSTNAME, MAKEFLAGS, PROGRAM};
use super::machine::Machine;
use super::places;
use super::sandbox::{Limits, Method, Spec, Stack};
use crate::plan::tree::Conflict;
use crate::plan::{AbsPath, Build, Input, Node, Object, Tree};
use crate::store::io::{At as _, IoError};
use crate::store::{Store, StoreError, settle_root};

/// Why inputs do not make a root.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// Two inputs have one path.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// There is nothing to run.
    #[error("no input has an executable file `{PROGRAM}`")]
    NoProgram,
    /// An input is bytes, not a tree.
    #[error(
        "`{0}` is a blob, but the inputs of a build are trees\nhint: give it a place, as a file"
    )]
    Blob(String),
    /// An input lies where none can.
    #[error("cannot place `{input}`: {message}")]
    Misplaced {
        /// The input's label.
        input: String,
        /// What is wrong with its place.
        message: String,
    },
    /// What an input has would be hidden by what the sandbox mounts.
    #[error(
        "`{input}` has `{path}`, but a build has a `{place}` of its own, which would hide it\nhint: leave it out, with a subpackage of the paths that are wanted, or place the input elsewhere than at `/`"
    )]
    Covered {
        /// The input's label.
        input: String,
        /// The path, as the build would see it.
        path: AbsPath,
        /// The place of the sandbox.
        place: &'static str,
    },
    /// What one input has would be hidden by another that is mounted above it.
    #[error("`{input}` has `{path}`, which what lies at `{at}` would hide")]
    Hidden {
        /// The input's label.
        input: String,
        /// The path, as the build would see it.
        path: AbsPath,
        /// The place of the other input.
        at: AbsPath,
    },
    /// An input lies inside of another, where that has no directory.
    #[error(
        "`{input}` cannot lie at `{at}`: `{outer}` lies around it, and has no directory there\nhint: place the two beside each other"
    )]
    NoGround {
        /// The input's label.
        input: String,
        /// Its place.
        at: AbsPath,
        /// The label of an input around it.
        outer: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A tree that a build sees, with its name and place.
pub(super) struct Part {
    pub(super) label: String,
    pub(super) at: AbsPath,
    pub(super) tree: Tree,
    pub(super) path: Utf8PathBuf,
}

/// Reads the manifests of `inputs`.
pub(super) fn parts(
    store: &Store,
    inputs: &[Input<Object>],
    labels: &BTreeMap<Object, String>,
) -> Result<Vec<Part>, RootError> {
    let part = |input: &Input<Object>| {
        let label = labels
            .get(&input.of)
            .cloned()
            .unwrap_or_else(|| input.of.to_string());
        match input.of {
            Object::Blob(_) => Err(RootError::Blob(label)),
            Object::Tree(hash) => {
                let (tree, path) = (store.manifest(&hash)?, store.tree_path(&hash));
                Ok(Part {
                    label,
                    at: input.at.clone(),
                    tree,
                    path,
                })
            }
        }
    };
    inputs.iter().map(part).collect()
}

/// All parts together, each at its place.
pub(super) fn union(parts: &[Part]) -> Result<Tree, Conflict> {
    let placed: Vec<(&str, std::borrow::Cow<'_, Tree>)> = parts
        .iter()
        .map(|part| {
            let tree = match part.at.relative() {
                None => std::borrow::Cow::Borrowed(&part.tree),
                Some(base) => std::borrow::Cow::Owned(part.tree.below(&base)),
            };
            (part.label.as_str(), tree)
        })
        .collect();
    Tree::merge(placed.iter().map(|(label, tree)| (*label, &**tree)))
}

/// Checks what would only fail in the middle of a build.
pub(super) fn check(parts: &[Part]) -> Result<(), RootError> {
    places::check_places(parts)?;
    let whole = union(parts)?;
    places::check_contents(parts)?;
    match whole.get(&PROGRAM[1..]) {
        Some(Node::File { mode, .. }) if mode.is_executable() => Ok(()),
        _ => Err(RootError::NoProgram),
    }
}

/// The sandbox of a build whose private directories lie in `scratch`. A plan with inputs at several
/// places gets a stack for each.
pub(super) fn spec(
    parts: &[Part],
    scratch: &Utf8Path,
    method: Method,
    jobserver: Option<&Utf8Path>,
) -> Result<Spec, IoError> {
    let mut layers: BTreeMap<&AbsPath, Vec<Utf8PathBuf>> = BTreeMap::new();
    let root = AbsPath::root();
    layers.entry(&root).or_default();
    for part in parts {
        layers.entry(&part.at).or_default().push(part.path.clone());
    }
    let out = make_dir(scratch.join("out"))?;
    let mut stacks = Vec::new();
    for (index, (at, layers)) in layers.into_iter().enumerate() {
        let upper = make_dir(scratch.join(format!("upper-{index}")))?;
        let work = make_dir(scratch.join(format!("work-{index}")))?;
        stacks.push(Stack {
            at: at.as_str().into(),
            layers,
            upper,
            work,
        });
    }
    let mut env: Vec<(String, String)> = ENVIRONMENT
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()))
        .collect();
    if jobserver.is_some() {
        env.push(("MAKEFLAGS".into(), MAKEFLAGS.into()));
    }
    Ok(Spec {
        root: stacks,
        method,
        out,
        program: PROGRAM.into(),
        args: Vec::new(),
        env,
        cwd: "/".into(),
        hostname: HOSTNAME.into(),
        jobserver: jobserver.map(Utf8Path::to_owned),
        limits: Limits::default(),
    })
}

/// A directory that a build sees as the root of something: its mode and time must not tell of the
/// user's umask and of the clock.
fn make_dir(path: Utf8PathBuf) -> Result<Utf8PathBuf, IoError> {
    std::fs::create_dir_all(&path).at("create", &path)?;
    settle_root(&path)?;
    Ok(path)
}

/// The sandbox of `build`, to look around in: the same root and environment, another program.
pub fn shell_spec(
    store: &Store,
    build: &Build<Object>,
    scratch: &Utf8Path,
    method: Method,
    program: &str,
) -> Result<Spec, super::ExecuteError> {
    Machine::here().check(&build.platform)?;
    let parts = parts(store, &build.inputs, &BTreeMap::new())?;
    check(&parts)?;
    let mut spec = spec(&parts, scratch, method, None)?;
    spec.program = program.into();
    Ok(spec)
}
