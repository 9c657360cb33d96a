//! What tells one graph of definitions from another, found without resolving any of it.
//!
//! Graphs with one fingerprint resolve to the same plans as long as the records say the same. The other way round that
//! need not be so: two definitions may have different fingerprints and resolve to one plan.

use std::collections::HashMap;
use std::hash::Hash as _;

use crate::plan::{
    Action, Artifact, Digest, Hash, Hasher, Literal, LiteralNode, Mode, Plan, closure,
};
use crate::store::intake::literal_bytes;

/// An input: a plan by its place among those before it, everything else by what it holds.
#[derive(Hash)]
enum Reference {
    Plan(usize),
    Source(Digest),
    /// Its contents follow after the action.
    Literal,
}

/// Gives many small pieces to a hash function in large ones.
#[derive(Default)]
struct Feed {
    hasher: Hasher,
    buffer: Vec<u8>,
}

/// How many bytes are gathered before they are hashed.
const LARGE: usize = 1 << 14;

/// The fingerprint of `roots` and of all that they need, in this program. None if it cannot be told, because
/// something is wrong with a definition or a file of a recipe cannot be read: whoever resolves it finds out what.
pub(super) fn fingerprint(roots: &[Plan]) -> Option<Hash> {
    let mut feed = Feed::default();
    env!("CARGO_PKG_VERSION").hash(&mut feed);
    let plans = closure(roots);
    let mut numbers = HashMap::with_capacity(plans.len());
    for plan in plans {
        let action = plan.action().ok()?;
        action.operation().version().hash(&mut feed);
        let mut literals = Vec::new();
        let action: Action<Reference> = action
            .try_map(|artifact| {
                Ok::<_, std::convert::Infallible>(match artifact {
                    Artifact::Plan(plan) => Reference::Plan(numbers[&plan.id()]),
                    Artifact::Source(source) => Reference::Source(source.digest),
                    Artifact::Literal(literal) => {
                        literals.push(literal);
                        Reference::Literal
                    }
                })
            })
            .unwrap_or_else(|never| match never {});
        action.hash(&mut feed);
        for literal in literals {
            hash_literal(literal, &mut feed)?;
        }
        numbers.insert(plan.id(), numbers.len());
    }
    for root in roots {
        numbers[&root.id()].hash(&mut feed);
    }
    Some(feed.end())
}

fn hash_literal(literal: &Literal, feed: &mut Feed) -> Option<()> {
    literal.0.len().hash(feed);
    for (path, node) in &literal.0 {
        path.hash(feed);
        match node {
            LiteralNode::Dir { mode } => ('d', mode).hash(feed),
            LiteralNode::Symlink { target } => ('l', target).hash(feed),
            LiteralNode::File { mode, contents } => {
                let (own, bytes) = literal_bytes(contents).ok()?;
                let mode: Mode = mode.unwrap_or(own);
                ('f', mode, &bytes[..]).hash(feed);
            }
        }
    }
    Some(())
}

impl Feed {
    fn end(mut self) -> Hash {
        self.hasher.update(&self.buffer);
        self.hasher.finish()
    }
}

impl std::hash::Hasher for Feed {
    fn write(&mut self, bytes: &[u8]) {
        if self.buffer.len() + bytes.len() > LARGE {
            self.hasher.update(&self.buffer);
            self.buffer.clear();
        }
        if bytes.len() > LARGE {
            self.hasher.update(bytes);
        } else {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// Nobody asks for so few bits of it.
    fn finish(&self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests;
