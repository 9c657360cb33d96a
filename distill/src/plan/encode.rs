//! The canonical encoding of a plan: what is hashed, stored, and can be run again without the
//! recipe that made it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::action::{Action, Input};
use super::hash::{Hash, HashError, serde_as_text};
use super::object::Object;
use super::version::Operation;

/// The version of the syntax: which fields the outermost object has. It says nothing about what an
/// operation means; that has versions of its own ([`Operation::version`]).
///
/// In format 1 there were no versions of operations.
const FORMAT: u32 = 2;

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
    /// Written in another syntax.
    #[error(
        "cannot read the plan: it has format {0}, and this program reads format {FORMAT}\nhint: {ANOTHER}"
    )]
    Format(u32),
    /// It needs an operation that this program does not have.
    #[error(
        "cannot carry out the plan: it needs `{0}`, which this program does not know\nhint: {ANOTHER}"
    )]
    Unknown(String),
    /// It needs an operation with another meaning than it has in this program.
    #[error(
        "cannot carry out the plan: it needs `{operation}` version {needed}, and this program knows version {}\nhint: {ANOTHER}",
        operation.version()
    )]
    Version {
        /// The operation.
        operation: Operation,
        /// The version that the plan was made for.
        needed: u32,
    },
    /// The same meaning in other bytes, hence another hash.
    #[error("cannot read the plan: it is not in canonical form")]
    NotCanonical,
}

impl DecodeError {
    /// Whether nothing is wrong with the plan, but another version of Distill wrote it.
    pub fn is_foreign(&self) -> bool {
        matches!(
            self,
            DecodeError::Format(_) | DecodeError::Unknown(_) | DecodeError::Version { .. }
        )
    }
}

/// What to do with a plan of another Distill.
const ANOTHER: &str =
    "use the version of Distill that made it, or build the package anew from its recipe";

/// What is written: the syntax, what the operation means, and the operation.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<A> {
    #[serde(rename = "distill-plan")]
    format: u32,
    version: u32,
    action: A,
}

/// The part of an encoding that every format has.
#[derive(Deserialize)]
struct AnyFormat {
    #[serde(rename = "distill-plan")]
    format: u32,
}

/// The part of an encoding that plans of every operation and version have.
#[derive(Deserialize)]
struct AnyVersion {
    version: u32,
    action: serde_json::Map<String, serde_json::Value>,
}

/// Refuses what was written by another Distill, before anything is read that may be different there.
fn known(bytes: &[u8]) -> Result<(), DecodeError> {
    let AnyFormat { format } = serde_json::from_slice(bytes)?;
    if format != FORMAT {
        return Err(DecodeError::Format(format));
    }
    let AnyVersion {
        version: needed,
        action,
    } = serde_json::from_slice(bytes)?;
    for (name, _) in action {
        match Operation::of_name(&name) {
            None => return Err(DecodeError::Unknown(name)),
            Some(operation) if operation.version() != needed => {
                return Err(DecodeError::Version { operation, needed });
            }
            Some(_) => {}
        }
    }
    Ok(())
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
        self.encode_as(Operation::version)
    }

    /// The encoding in a program that carries out other versions: how a test asks what would move.
    fn encode_as(&self, version: impl Fn(Operation) -> u32) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(&self.envelope(version)).expect("plain data");
        bytes.push(b'\n');
        bytes
    }

    fn envelope(&self, version: impl Fn(Operation) -> u32) -> Envelope<&Action<Object>> {
        Envelope {
            format: FORMAT,
            version: version(self.0.operation()),
            action: &self.0,
        }
    }

    /// Reads an encoding back. Refused are other bytes than [`Resolved::encode`] writes, and plans
    /// that need another version of their operation than this program carries out.
    pub fn decode(bytes: &[u8]) -> Result<Resolved, DecodeError> {
        known(bytes)?;
        let Envelope::<Action<Object>> { action, .. } = serde_json::from_slice(bytes)?;
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

impl Serialize for Resolved {
    /// The same fields as [`Resolved::encode`] writes.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.envelope(Operation::version).serialize(serializer)
    }
}

fn canonical(inputs: &mut Vec<Input<Object>>) {
    inputs.sort();
    inputs.dedup();
}

#[cfg(test)]
mod tests;
