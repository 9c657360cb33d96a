//! From the inputs of a build to the root file system that it sees.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use camino::{Utf8Path, Utf8PathBuf};

use super::environment::{ENVIRONMENT, HOSTNAME, MAKEFLAGS, OUT, OWN, PROGRAM};
use super::machine::Machine;
use super::part::{Part, RootError};
use super::places;
use super::sandbox::{Limits, Method, Spec, Stack, Writable};
use crate::plan::tree::{Entry, MergeError, Nodes, Workbench, entry_at, merge, subtree_at, whole};
use crate::plan::{AbsPath, Build, Hash, Input, Node, Object, RelPath, Tree};
use crate::store::intake::{Origin, copy_tree};
use crate::store::io::{At as _, IoError};
use crate::store::{Store, StoreError, settle_root};

/// The trees of `inputs`, none of which is read.
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
            Object::Tree(hash) => Ok(Part {
                label,
                at: input.at.clone(),
                tree: hash,
                path: store.tree_path(&hash),
            }),
        }
    };
    inputs.iter().map(part).collect()
}

/// All parts together, each at its place.
pub(super) fn union<N: Nodes<Error = StoreError>>(
    nodes: &Workbench<'_, N>,
    parts: &[Part],
) -> Result<Hash, RootError> {
    let place = |part: &Part| match part.at.relative() {
        None => part.tree,
        Some(base) => nodes.below(part.tree, &base),
    };
    let placed: Vec<_> = parts
        .iter()
        .map(|part| (part.label.as_str(), place(part)))
        .collect();
    merge(nodes, &placed).map_err(|error| match error {
        // Inputs stand in the order of their hashes, which says nothing to people and changes with what they hold.
        MergeError::Conflict(conflict) => conflict.by_name().into(),
        MergeError::Nodes(error) => error.into(),
    })
}

/// All parts together, once what would only fail in the middle of a build is known to be right.
pub(super) fn check<N: Nodes<Error = StoreError>>(
    nodes: &Workbench<'_, N>,
    parts: &[Part],
) -> Result<Hash, RootError> {
    places::check_places(parts)?;
    let whole = union(nodes, parts)?;
    places::check_contents(nodes, parts)?;
    match entry_at(nodes, &whole, &PROGRAM[1..])? {
        Some(Entry::File { mode, .. }) if mode.is_executable() => Ok(whole),
        _ => Err(RootError::NoProgram),
    }
}

/// Where the file of each path of [`union`] lies that is in the directory `base`, or of each path.
pub(super) fn origins<N: Nodes<Error = StoreError>>(
    nodes: &N,
    parts: &[Part],
    base: &AbsPath,
) -> Result<BTreeMap<RelPath, Origin>, StoreError> {
    let mut origins = BTreeMap::new();
    for part in parts {
        // Either the part lies in the directory, or the directory in the part, or neither.
        let (tree, within, at) = if let Some(place) = part.at.strip_from(base) {
            match subtree_at(nodes, &part.tree, place.as_str())? {
                None => continue,
                Some(tree) => (tree, Some(place), base.relative()),
            }
        } else if part.at == *base || base.strip_from(&part.at).is_some() {
            (part.tree, None, part.at.relative())
        } else {
            continue;
        };
        for (path, node) in whole(nodes, &tree)?.iter() {
            if !matches!(node, Node::Dir { .. }) {
                let below = |base: &Option<RelPath>| match base {
                    None => path.clone(),
                    Some(base) => base.join(path),
                };
                let (tree, path) = (part.path.clone(), below(&within));
                origins.insert(below(&at), Origin { tree, path });
            }
        }
    }
    Ok(origins)
}

/// The sandbox of a build whose private directories lie in `scratch`: its inputs in stacks, one for each
/// place, and its own copies of what lies at [`OWN`], which [`copy_own`] has made.
pub(super) fn spec(parts: &[Part], scratch: &Utf8Path, method: Method) -> Result<Spec, IoError> {
    let env = ENVIRONMENT.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let writable = |at: &str, directory| Writable {
        at: at.into(),
        directory,
    };
    let mut own = vec![writable(OUT, make_dir(out(scratch))?)];
    own.extend(OWN.map(|place| writable(place, own_copy(scratch, place))));
    Ok(Spec {
        root: stacks(parts, scratch)?,
        method,
        writable: own,
        program: PROGRAM.into(),
        args: Vec::new(),
        env: env.into(),
        cwd: "/".into(),
        hostname: HOSTNAME.into(),
        jobserver: None,
        limits: Limits::default(),
    })
}

/// Lets what runs in the sandbox take further slots from `fifo`.
pub(super) fn share_slots(spec: &mut Spec, fifo: Utf8PathBuf) {
    spec.env.push(("MAKEFLAGS".into(), MAKEFLAGS.into()));
    spec.jobserver = Some(fifo);
}

/// Where what a build leaves in [`OUT`] lies on the host.
pub(super) fn out(scratch: &Utf8Path) -> Utf8PathBuf {
    scratch.join("out")
}

/// Where a build's own copy of what inputs have at a place lies on the host.
fn own_copy(scratch: &Utf8Path, place: &str) -> Utf8PathBuf {
    scratch.join(place.trim_start_matches('/'))
}

/// A stack for each place that is none of [`OWN`] or below one.
fn stacks(parts: &[Part], scratch: &Utf8Path) -> Result<Vec<Stack>, IoError> {
    let (root, own) = (AbsPath::root(), OWN.map(relative));
    let mut layers: BTreeMap<&AbsPath, Vec<Utf8PathBuf>> = BTreeMap::from([(&root, Vec::new())]);
    for part in parts {
        let place = part.at.relative();
        let lies_in = |own: &RelPath, at: &RelPath| at == own || at.strip_prefix(own).is_some();
        let is_own = place.is_some_and(|at| own.iter().any(|own| lies_in(own, &at)));
        if !is_own {
            layers.entry(&part.at).or_default().push(part.path.clone());
        }
    }
    let stack = |(index, (at, layers)): (usize, (&AbsPath, Vec<_>))| {
        let top = make_dir(scratch.join(format!("top-{index}")))?;
        let at = at.as_str().into();
        Ok(Stack { at, layers, top })
    };
    layers.into_iter().enumerate().map(stack).collect()
}

/// Copies what lies at [`OWN`] or below in `root`, the union of the parts, into directories of the
/// build's own.
pub(super) fn copy_own<N: Nodes<Error = StoreError>>(
    nodes: &N,
    (parts, root): (&[Part], &Hash),
    scratch: &Utf8Path,
    stop: &AtomicBool,
) -> Result<(), super::ExecuteError> {
    for place in OWN {
        let (base, at) = (relative(place), AbsPath::new(place).expect("a constant"));
        let tree = match subtree_at(nodes, root, base.as_str())? {
            None => Tree::new(),
            Some(tree) => whole(nodes, &tree)?,
        };
        let origins = origins(nodes, parts, &at)?;
        let from = |path: &RelPath| origins[&base.join(path)].clone();
        copy_tree(&tree, from, &own_copy(scratch, place), stop)?;
    }
    Ok(())
}

fn relative(place: &str) -> RelPath {
    RelPath::new(place.trim_start_matches('/')).expect("a constant")
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
    let nodes = Workbench::over(store);
    let root = check(&nodes, &parts)?;
    copy_own(&nodes, (&parts, &root), scratch, &AtomicBool::new(false))?;
    let mut spec = spec(&parts, scratch, method)?;
    spec.program = program.into();
    Ok(spec)
}
