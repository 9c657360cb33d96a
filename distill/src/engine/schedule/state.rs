//! The states of a node, and what moves it from one to the next.
//!
//! | state | what is true in it | what ends it |
//! |---|---|---|
//! | `Idle` | nobody asked for the node | a user or the caller asks |
//! | `Resolving` | so many inputs have an output that is not known yet; all were asked for it | the last one becomes known → resolved, then decided; one of them is lost → `Skipped` |
//! | `Known` | the output is known, and nobody asked for more | somebody asks for the bytes → decided |
//! | `Gathering` | the node has to be made; so many inputs have no bytes yet; all were asked for them | the last one is `Done` → launched; one is lost → `Skipped` |
//! | `Following` | another node of the same plan is `Ready` or `Running` | that one ends → as that one; a cache declines → decided |
//! | `Ready` | it stands in the queue of its lane | it is taken → `Running` |
//! | `Running` | a job was begun for it | `Done`, `Failed`, `Skipped` (stopped), or decided again (a cache declined) |
//! | `Done` | its output is known, and the bytes are there | never |
//! | `Failed` | its plan was run and failed, for this definition or for another one | never |
//! | `Skipped` | it was stopped, or needs something that is lost | never |
//!
//! "Lost" is `Failed` or `Skipped`. "Decided" means: `Known` if no more is wanted, `Done` if the bytes
//! are there, `Following` or the end of the other if its plan was met before, `Ready` among the downloads
//! if a cache has the bytes, and `Gathering` else.
//!
//! A node that others follow is `Ready` or `Running`, so it waits for nothing, and no circle of waiting
//! nodes can arise from following. Each edge of the graph is looked at a fixed number of times, whatever
//! the order of events: nodes count what they still miss and are never asked to look again.

use crate::engine::graph::NodeId;
use crate::plan::{Object, PlanHash, Resolved};

/// How much of a node is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Want {
    Nothing,
    /// What its output is, so that a user's plan can be hashed.
    Output,
    /// The bytes, so that a user can run.
    Bytes,
    /// To run, whatever is recorded.
    Run,
}

/// Where a node is; the table above says what each means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Idle,
    Resolving { missing: usize },
    Known,
    Gathering { missing: usize },
    Following,
    Ready,
    Running,
    Done,
    Failed,
    Skipped,
}

pub(super) struct Status {
    pub(super) want: Want,
    pub(super) state: State,
    pub(super) output: Option<Object>,
    pub(super) plan: Option<(PlanHash, Resolved)>,
    /// Whether `Schedule::newly_necessary` has given it.
    pub(super) told: bool,
}

impl Status {
    /// Whether a user that needs so much of it needs to wait no longer.
    pub(super) fn has(&self, want: Want) -> bool {
        match want {
            Want::Nothing => true,
            Want::Output => self.output.is_some(),
            Want::Bytes | Want::Run => self.state == State::Done,
        }
    }

    pub(super) fn is_lost(&self) -> bool {
        matches!(self.state, State::Failed | State::Skipped)
    }

    /// Whether it was asked for and does not have what was asked for.
    pub(super) fn is_unfinished(&self) -> bool {
        !matches!(self.state, State::Idle | State::Known | State::Done)
    }
}

/// What came in this run of a plan, whichever of its definitions it was tried for.
pub(super) enum Trial {
    /// One node of the plan is `Ready` or `Running`; these are `Following`.
    InFlight(Vec<NodeId>),
    /// Its bytes are there.
    Made(NodeId),
    Failed(NodeId),
    /// A cache was to have the bytes, and did not: they have to be made.
    Declined,
}

/// Where a job belongs: few jobs use processors at a time, and some downloads beside them. A plan
/// among the downloads is not run: a cache has its output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Lane {
    Work,
    Download,
}

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Ended {
    Made(Object),
    Failed,
    /// It was stopped through no fault of its own: it counts as not tried.
    Stopped,
    /// A cache did not have what it seemed to have: the node is made after all.
    Declined,
}

/// A definition that failed without being run: another definition of the same plan was run, and failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Twin {
    pub(in crate::engine) ran: NodeId,
    pub(in crate::engine) twin: NodeId,
}
