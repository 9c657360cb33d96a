//! The canonical encoding of a plan: what is hashed, stored, and can be run again without the
//! recipe that made it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::action::{Action, Input};
use super::artifact::Object;
use super::hash::{Hash, HashError, serde_as_text};

/// The version of the encoding, which covers the meaning of every operation and the build
/// environment ([`crate::build`]). A change of any of them is a new version.
const VERSION: u32 = 1;

/// The identity of a resolved plan: the hash of its encoding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlanHash(pub Hash);

impl fmt::Display for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for PlanHash {
    type Err = HashError;

    fn from_str(text: &str) -> Result<PlanHash, HashError> {
        text.parse().map(PlanHash)
    }
}

serde_as_text!(PlanHash);

/// A plan whose inputs are known by content, in canonical form: inputs sorted, none twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved(Action<Object>);

/// An encoded plan that cannot be read back.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Not our syntax.
    #[error("cannot read the plan")]
    Syntax(#[from] serde_json::Error),
    /// Written by another version.
    #[error("cannot read a plan of version {0}; this program knows version {VERSION}")]
    Version(u32),
    /// The same meaning in other bytes, hence another hash.
    #[error("cannot read the plan: it is not in canonical form")]
    NotCanonical,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<A> {
    #[serde(rename = "distill-plan")]
    version: u32,
    action: A,
}

impl Resolved {
    /// The canonical form of `action`.
    pub fn new(mut action: Action<Object>) -> Resolved {
        match &mut action {
            Action::Build(build) => canonical(&mut build.inputs),
            Action::Merge(merge) => canonical(&mut merge.inputs),
            _ => {}
        }
        Resolved(action)
    }

    /// What it does.
    pub fn action(&self) -> &Action<Object> {
        &self.0
    }

    /// The canonical bytes: one line of JSON with the fields in the order of the types.
    pub fn encode(&self) -> Vec<u8> {
        let envelope = Envelope {
            version: VERSION,
            action: &self.0,
        };
        let mut bytes = serde_json::to_vec(&envelope).expect("plain data");
        bytes.push(b'\n');
        bytes
    }

    /// Reads an encoding back; other bytes than [`Resolved::encode`] writes are refused.
    pub fn decode(bytes: &[u8]) -> Result<Resolved, DecodeError> {
        let Envelope { version, action } = serde_json::from_slice(bytes)?;
        if version != VERSION {
            return Err(DecodeError::Version(version));
        }
        let resolved = Resolved::new(action);
        if resolved.encode() == bytes {
            Ok(resolved)
        } else {
            Err(DecodeError::NotCanonical)
        }
    }

    /// The identity: the hash of the encoding.
    pub fn hash(&self) -> PlanHash {
        PlanHash(Hash::of(self.encode()))
    }
}

fn canonical(inputs: &mut Vec<Input<Object>>) {
    inputs.sort();
    inputs.dedup();
}

#[cfg(test)]
mod tests;
