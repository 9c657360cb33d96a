//! The machine that builds run on, held against what plans need.

use std::collections::BTreeSet;
use std::fmt;

use super::error::BuildError;
use super::executor::Executor;
use super::graph::{Kind, NodeId};
use super::schedule::Schedule;
use crate::plan::{Action, BuildPlatform, Name};

/// A machine, as far as a plan may ask for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// The architecture's name in triples; it need not be one that packages are built for.
    arch: &'static str,
    offers: BTreeSet<Name>,
}

/// A plan needs another machine than the one that was to run it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the build needs a machine of `{needed}`, and this one is `{machine}`\nhint: {ELSEWHERE}")]
pub struct WrongMachine {
    /// What the plan needs.
    pub needed: BuildPlatform,
    /// What there is.
    pub machine: Machine,
}

/// What to do where the machine is the wrong one.
pub(super) const ELSEWHERE: &str = "build on such a machine and take the output from there with \
                                    `--cache`, or use a config whose build machine is this one";

impl Machine {
    /// The one that this program runs on. It offers nothing beyond its architecture.
    pub fn here() -> Machine {
        let arch = match std::env::consts::ARCH {
            // Rust has one name for both orders of bytes, triples have two.
            "powerpc64" if cfg!(target_endian = "little") => "powerpc64le",
            arch => arch,
        };
        Machine {
            arch,
            offers: BTreeSet::new(),
        }
    }

    /// The same machine, of which it is known that it has what `offers` name.
    pub fn offering(mut self, offers: impl IntoIterator<Item = Name>) -> Machine {
        self.offers.extend(offers);
        self
    }

    /// Refuses what this machine cannot run.
    pub fn check(&self, needed: &BuildPlatform) -> Result<(), WrongMachine> {
        if needed.arch.name() == self.arch && needed.needs.is_subset(&self.offers) {
            return Ok(());
        }
        Err(WrongMachine {
            needed: needed.clone(),
            machine: self.clone(),
        })
    }
}

impl fmt::Display for Machine {
    /// `x86_64`, or `x86_64 with kvm`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.arch)?;
        for (index, offer) in self.offers.iter().enumerate() {
            let word = if index == 0 { " with " } else { ", " };
            write!(f, "{word}{offer}")?;
        }
        Ok(())
    }
}

/// Whether any build of a graph may have to run on another machine, so that it has to be known what others
/// have before anything runs.
pub(super) fn is_mixed(schedule: &Schedule<'_>, executor: &dyn Executor) -> bool {
    let nodes = 0..schedule.graph.nodes.len();
    nodes
        .into_iter()
        .any(|id| wrong(schedule, executor, id).is_some())
}

fn wrong(
    schedule: &Schedule<'_>,
    executor: &dyn Executor,
    id: NodeId,
) -> Option<(String, WrongMachine)> {
    let Kind::Plan(plan) = schedule.graph.nodes[id].kind else {
        return None;
    };
    let Ok(Action::Build(build)) = plan.action() else {
        return None;
    };
    let error = executor.check(&build.platform).err()?;
    Some((plan.label(), error))
}

/// Finds at once all builds that would have to run on another machine, before anything runs.
///
/// A build whose output is recorded, or in a cache, does not run. One that waits for what others make
/// could still turn out to be recorded, if they made again what they made before; that is not waited
/// for, since who has an output from another machine has what it is made of from there, too.
pub(super) fn check(schedule: &Schedule<'_>, executor: &dyn Executor) -> Result<(), BuildError> {
    let wrong = |id: NodeId| wrong(schedule, executor, id);
    let wrong: Vec<_> = schedule.to_be_run().filter_map(wrong).collect();
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(BuildError::WrongMachine(wrong))
    }
}

#[cfg(test)]
mod tests;
