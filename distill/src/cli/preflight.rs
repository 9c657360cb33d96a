//! The cheap failures, before the long work.

use std::collections::HashMap;

use camino::Utf8Path;
use nix::sys::statvfs::{FsFlags, statvfs};
use nix::unistd::AccessFlags;

use super::copy;
use super::error::CliError;
use super::invocation::Invocation;
use super::units;
use crate::engine::sandbox::{MAX_LAYERS, Method, probe};
use crate::plan::{Action, OutputKind, Plan, closure};
use crate::store::Store;
use crate::store::io::{At as _, IoError};

/// With less room than this no build is begun: it would soon fail, in the middle of something.
pub(super) const LEAST_SPACE: u64 = 512 << 20;

/// What is known of the file system that a directory lies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Volume {
    /// Bytes that this user may still write.
    pub(super) free: u64,
    pub(super) read_only: bool,
    /// Whether programs on it cannot be run.
    pub(super) noexec: bool,
}

impl Volume {
    pub(super) fn of(directory: &Utf8Path) -> Result<Volume, IoError> {
        let stat = statvfs(directory.as_std_path()).at("examine the file system of", directory)?;
        Ok(Volume {
            free: stat.blocks_available().saturating_mul(stat.fragment_size()),
            read_only: stat.flags().contains(FsFlags::ST_RDONLY),
            noexec: stat.flags().contains(FsFlags::ST_NOEXEC),
        })
    }

    /// What makes it unfit for a store, and what to do about it.
    pub(super) fn lack(&self) -> Option<(String, &'static str)> {
        const ELSEWHERE: &str = "use a store on another file system, with `--store` or \
                                 `DISTILL_STORE`";
        if self.read_only {
            return Some(("its file system is read-only".to_owned(), ELSEWHERE));
        }
        if self.noexec {
            let text = "programs on its file system cannot be run (it is mounted with `noexec`)";
            return Some((text.to_owned(), ELSEWHERE));
        }
        (self.free < LEAST_SPACE).then(|| {
            let (free, least) = (units::bytes(self.free), units::bytes(LEAST_SPACE));
            let text = format!("its file system has {free} left, and a build takes {least}");
            (
                text,
                "free some space (`gc` drops what no image needs), or use a store elsewhere",
            )
        })
    }
}

/// Whether this machine can build `roots`, and how.
pub(super) fn check(
    invocation: &Invocation<'_>,
    store: &Store,
    roots: &[Plan],
) -> Result<Method, CliError> {
    let runs_programs = closure(roots)
        .iter()
        .any(|plan| plan.action().is_ok_and(Action::is_build));
    if !runs_programs {
        return Ok(Method::Copy);
    }
    let root = store.root();
    if let Some((text, hint)) = Volume::of(root)?.lack() {
        return Err(CliError::Unfit(format!(
            "cannot build in `{root}`: {text}\nhint: {hint}"
        )));
    }
    let scratch = store.temp_dir()?;
    let capabilities = probe(scratch.path()).at("try a sandbox in", scratch.path())?;
    if let Err(lack) = &capabilities.overlay {
        invocation.ui.detail(&lack.problem);
    }
    Ok(capabilities.method(layers(roots).min(MAX_LAYERS + 1))?)
}

/// The most trees that any build stacks at one place.
fn layers(roots: &[Plan]) -> usize {
    let highest = |plan: &&Plan| match plan.action() {
        Ok(Action::Build(build)) => {
            let mut stacks = HashMap::new();
            for input in &build.inputs {
                *stacks.entry(&input.at).or_insert(0) += 1;
            }
            stacks.into_values().max().unwrap_or(0)
        }
        _ => 0,
    };
    closure(roots).iter().map(highest).max().unwrap_or(0)
}

/// Whether the output of a plan is a file; otherwise it is a tree.
pub(super) fn makes_file(plan: &Plan) -> bool {
    match plan.action() {
        Ok(Action::Build(build)) => matches!(build.output, OutputKind::File(_)),
        Ok(action) => matches!(action, Action::Extract(_) | Action::Disk(_)),
        Err(_) => false,
    }
}

/// Checks that what `plan` makes can be put at `path`, and makes the directory that it will lie in.
pub(super) fn output(plan: &Plan, path: &Utf8Path) -> Result<(), CliError> {
    // What is wrong with a definition is told by whoever builds it.
    if plan.action().is_err() {
        return Ok(());
    }
    if !makes_file(plan) {
        copy::vacant(path)?;
    } else if path.is_dir() {
        let text = format!(
            "cannot put a file at `{path}`: it is a directory\nhint: name the file too, as in \
             `--output {}`",
            path.join(plan.name().as_str())
        );
        return Err(CliError::Usage(text));
    }
    // A directory that is there, and empty, is filled.
    directory(if path.is_dir() {
        path
    } else {
        path.parent().unwrap_or(path)
    })
}

/// Makes a directory that is not there, and checks that something can be put into it.
pub(super) fn directory(path: &Utf8Path) -> Result<(), CliError> {
    let flags = AccessFlags::W_OK | AccessFlags::X_OK;
    let writable = std::fs::create_dir_all(path)
        .and_then(|()| Ok(nix::unistd::access(path.as_std_path(), flags)?));
    writable.map_err(|source| CliError::Output {
        path: path.to_owned(),
        source,
    })
}
