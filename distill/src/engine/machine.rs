//! The machine that builds run on, held against what plans need.

use std::collections::BTreeSet;
use std::fmt;

use crate::plan::{BuildPlatform, Name};

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

#[cfg(test)]
mod tests;
