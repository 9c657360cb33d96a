//! The states of a node, and what moves it from one to the next.
//!
//! | state | what is true in it | what ends it |
//! |---|---|---|
//! | `Idle` | nobody asked for the node | a user or the caller asks |
//! | `Resolving` | so many inputs have an output that is not known yet; all were asked for it | the last one becomes known → resolved; one of them is lost → `Skipped` |
//! | `Asking` | the store does not know what its plan made, or does not have its bytes, and others are asked | the answer → decided |
//! | `Known` | the output is known, and nobody asked for more | somebody asks for the bytes → decided |
//! | `Gathering` | the node has to be made; so many inputs are not where it will run; all were asked for there | the last one comes there → launched; one is lost → `Skipped` |
//! | `Following` | another node of the same plan is `Ready` or `Running` | that one ends → as that one; a cache declines → decided |
//! | `Ready` | it stands in the queue of its lane | it is taken → `Running` |
//! | `Running` | a job was begun for it | it ends → `Done`, `Elsewhere`, `Failed`, `Skipped` (stopped), or decided again (a cache declined; it was made elsewhere and is wanted here) |
//! | `Elsewhere` | the output is known; its bytes are where other jobs can use them, and nobody asked for them here | somebody asks for them here → decided |
//! | `Done` | the output is known, and the bytes are here | never |
//! | `Failed` | its plan was run and failed, for this definition or for another one; or its bytes cannot be brought | never |
//! | `Skipped` | it was stopped, or needs something that is lost | never |
//!
//! "Lost" is `Failed` or `Skipped`. "Resolved" means: if the store has no record of the plan, and no other
//! node of it was met, `Asking` for one; else decided. "Decided" means the first of these that is true:
//!
//! 1. `Known`, if the output is known and no more is wanted;
//! 2. `Done`, if the bytes are here;
//! 3. `Following`, or the end of the other, if its plan was met before in this run;
//! 4. `Asking`, if the output is known and it was not asked yet where the bytes are;
//! 5. `Elsewhere`, if they are where the user runs that wants them;
//! 6. `Ready` among the downloads, if somebody has them;
//! 7. `Gathering`: the bytes are nowhere.
//!
//! What holds in all of them:
//!
//! - A node that others follow is `Ready` or `Running`, and one that asks waits for no other node, so no
//!   circle of waiting nodes can arise from following or asking.
//! - Each node asks at most once for its record and at most once for its bytes, and every question is
//!   answered: by those who are asked, or by the end of the time that they have.
//! - Nothing but the node itself waits for its question. Its users wait for it, as for everything.
//! - Bytes are brought here only for a user that runs here, or for the caller.
//! - Each edge of the graph is looked at a fixed number of times, whatever the order of events: nodes
//!   count what they still miss and are never asked to look again.

use std::sync::Arc;

use crate::engine::executor::Place;
use crate::engine::graph::NodeId;
use crate::plan::{Object, Plan, PlanHash, Resolved};

/// How much of a node is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Want {
    Nothing,
    /// What its output is, so that a user's plan can be hashed.
    Output,
    /// The bytes, here or where jobs run elsewhere, so that a user can run there.
    Usable,
    /// The bytes here, so that a user can run here.
    Bytes,
    /// To run, whatever is recorded.
    Run,
}

/// What others are asked about a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::engine) enum About {
    /// What its plan made.
    Record,
    /// Who has the bytes of its output.
    Bytes,
}

/// Where a node is; the table above says what each means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Idle,
    Resolving {
        missing: usize,
    },
    Asking(About),
    Known,
    Gathering {
        missing: usize,
        /// How much it needs of its inputs: that depends on where it runs.
        need: Want,
    },
    Following,
    Ready,
    Running,
    Elsewhere,
    Done,
    Failed,
    Skipped,
}

pub(super) struct Status {
    pub(super) want: Want,
    pub(super) state: State,
    pub(super) output: Option<Object>,
    pub(super) plan: Option<(PlanHash, Arc<Resolved>)>,
    /// Where its bytes are, if that was found out; not whether they are here, which the store knows.
    pub(super) whereabouts: Option<Whereabouts>,
    /// Whether `Schedule::newly_necessary` has given it.
    pub(super) told: bool,
}

/// Who has the bytes of an object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::engine) struct Whereabouts {
    /// They are where jobs run elsewhere.
    pub(in crate::engine) usable: bool,
    /// A cache seems to have them.
    pub(in crate::engine) offered: bool,
}

impl Status {
    pub(super) fn new() -> Status {
        Status {
            want: Want::Nothing,
            state: State::Idle,
            output: None,
            plan: None,
            whereabouts: None,
            told: false,
        }
    }

    /// Whether a user that needs so much of it needs to wait no longer.
    pub(super) fn has(&self, want: Want) -> bool {
        match want {
            Want::Nothing => true,
            Want::Output => self.output.is_some(),
            Want::Usable => self.state == State::Done || self.is_usable(),
            Want::Bytes | Want::Run => self.state == State::Done,
        }
    }

    /// Whether jobs that run elsewhere have the bytes there.
    pub(super) fn is_usable(&self) -> bool {
        self.whereabouts.is_some_and(|bytes| bytes.usable)
    }

    pub(super) fn is_lost(&self) -> bool {
        matches!(self.state, State::Failed | State::Skipped)
    }

    /// Whether it was asked for and does not have what was asked for.
    pub(super) fn is_unfinished(&self) -> bool {
        !matches!(
            self.state,
            State::Idle | State::Known | State::Elsewhere | State::Done
        )
    }
}

/// What came in this run of a plan, whichever of its definitions it was tried for.
pub(super) enum Trial {
    /// One node of the plan is `Ready` or `Running`; these are `Following`.
    InFlight {
        followers: Vec<NodeId>,
        /// It was made elsewhere, and is being brought.
        made: Option<Made>,
    },
    Made(Made),
    Failed(NodeId),
    /// A cache was to have the bytes, and did not: they have to be made.
    Declined,
}

/// A plan that was made, or whose output was brought.
#[derive(Debug, Clone, Copy)]
pub(super) struct Made {
    pub(super) by: NodeId,
    /// Whether it ran because it was to run whatever is recorded.
    pub(super) again: bool,
    pub(super) place: Place,
}

/// Something that others are asked.
pub(in crate::engine) enum Question<'a> {
    /// What a plan made.
    Record {
        id: NodeId,
        definition: &'a Plan,
        hash: PlanHash,
        plan: Arc<Resolved>,
    },
    /// Who has the bytes of an object.
    Bytes { id: NodeId, object: Object },
}

/// What others say.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) enum Reply {
    Record(Option<Object>),
    Bytes(Whereabouts),
}

/// Where a job belongs: few jobs use processors at a time, and some downloads beside them. A plan
/// among the downloads is not run: somebody has its output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Lane {
    Work,
    Download,
}

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Ended {
    Made(Object, Place),
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
