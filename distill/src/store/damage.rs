//! Damage: what is not as its hash or its format says.

use std::fmt;

use crate::plan::{Hash, Object, PlanHash};

/// Something that is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Damage {
    /// An object whose bytes are not what its hash says.
    Object(Object),
    /// A tree of which a node is missing, or is not what its hash says.
    Incomplete(Hash),
    /// A node that is not what its hash says.
    Node(Hash),
    /// The encoding of a plan that has another hash.
    Plan(PlanHash),
    /// A record that cannot be read, is of another plan, or of one that is not there.
    Record(PlanHash),
    /// A record of something that was made here and is gone, though no `gc` removed it: if the plan
    /// makes something else the next time, nothing could ever satisfy the record.
    Unfounded(PlanHash),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Damage::Object(_) => "its contents are not what its hash says",
            Damage::Incomplete(_) => "a directory's node is missing, or not what its hash says",
            Damage::Node(_) => "this node is not what its hash says",
            Damage::Plan(_) => "this plan is not what its hash says",
            Damage::Record(_) => "this record cannot be read, or its plan is missing",
            Damage::Unfounded(_) => "what this record says was made here is missing",
        })
    }
}

/// What was looked at, and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// How many blobs and trees there are.
    pub objects: usize,
    /// The bytes of all of them; files that several trees share are counted for each.
    pub bytes: u64,
    /// How many records there are.
    pub records: usize,
    /// How many of them say what a cache said.
    pub told_by_caches: usize,
    /// What is damaged, sorted.
    pub damages: Vec<Damage>,
}
