//! Which nodes must run, which may run now, and what others have to be asked: a state machine without
//! I/O of its own.
//!
//! The states are a table (`state.rs`), with what is true in each. What a node does next stands in
//! `step.rs`, what is known of plans that were tried in `trial.rs`, and who waits for whom in `wait.rs`.

mod state;
mod step;
mod trial;
mod wait;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

pub(super) use self::state::{About, Ended, Lane, Question, Reply, Twin, Whereabouts};
use self::state::{State, Status, Trial, Want};
use super::executor::Place;
use super::graph::{Graph, Kind, NodeId};
use crate::plan::{Literal, Object, Plan, PlanHash, Resolved};

/// What the schedule asks at once: the store, and what lies in this process.
pub(super) trait Facts {
    type Error;
    /// What the plan with this hash made, according to the store's records.
    fn recorded(&self, hash: &PlanHash) -> Result<Option<Object>, Self::Error>;
    /// Whether an object's bytes are in the store.
    fn present(&self, object: &Object) -> Result<bool, Self::Error>;
    /// The tree that a literal is, which `user` is made from.
    fn literal(&self, literal: &Literal, user: &Plan) -> Result<Object, Self::Error>;
    /// Whether there is anybody to be asked for what the store does not know or have.
    fn has_others(&self) -> bool;
    /// Where a plan will run.
    fn place(&self, plan: &Resolved) -> Place;
}

/// The state of a run.
pub(super) struct Schedule<'a> {
    pub(super) graph: Graph<'a>,
    status: Vec<Status>,
    work: BTreeSet<(Duration, NodeId)>,
    downloads: BTreeSet<(Duration, NodeId)>,
    trials: HashMap<PlanHash, Trial>,
    /// Nodes that may move: [`settle`](Schedule::settle) looks at each, and leaves none.
    agenda: VecDeque<NodeId>,
    /// Whose questions nobody has taken, about records and about bytes.
    about_records: Vec<NodeId>,
    about_bytes: Vec<NodeId>,
    /// How many nodes ask.
    asking: usize,
    /// Nodes of which more was asked for since they were last told.
    asked: Vec<NodeId>,
    /// Nodes that may run, and have not been told.
    untold: Vec<NodeId>,
    twins: Vec<Twin>,
}

impl<'a> Schedule<'a> {
    pub(super) fn new(graph: Graph<'a>) -> Schedule<'a> {
        let status = graph.nodes.iter().map(|_| Status::new()).collect();
        Schedule {
            graph,
            status,
            work: BTreeSet::new(),
            downloads: BTreeSet::new(),
            trials: HashMap::new(),
            agenda: VecDeque::new(),
            about_records: Vec::new(),
            about_bytes: Vec::new(),
            asking: 0,
            asked: Vec::new(),
            untold: Vec::new(),
            twins: Vec::new(),
        }
    }

    /// Asks for the roots: for their bytes, or for a run of each whatever is recorded.
    pub(super) fn begin<F: Facts>(&mut self, facts: &F, rerun: bool) -> Result<(), F::Error> {
        let want = if rerun { Want::Run } else { Want::Bytes };
        for root in self.graph.roots.clone() {
            self.demand(root, want);
        }
        self.settle(facts)
    }

    /// The most urgent job of a lane, which then counts as running.
    pub(super) fn take(&mut self, lane: Lane) -> Option<NodeId> {
        let ready = match lane {
            Lane::Work => &mut self.work,
            Lane::Download => &mut self.downloads,
        };
        let (_, id) = ready.pop_last()?;
        self.status[id].state = State::Running;
        Some(id)
    }

    /// A job ended.
    pub(super) fn ended<F: Facts>(
        &mut self,
        facts: &F,
        id: NodeId,
        ended: Ended,
    ) -> Result<(), F::Error> {
        self.end(id, ended);
        self.settle(facts)
    }

    /// All questions about one thing that nobody has taken.
    pub(super) fn take_questions(&mut self, about: About) -> Vec<Question<'a>> {
        let taken = std::mem::take(self.asking_about(about));
        taken
            .into_iter()
            .map(|id| self.question(about, id))
            .collect()
    }

    fn asking_about(&mut self, about: About) -> &mut Vec<NodeId> {
        match about {
            About::Record => &mut self.about_records,
            About::Bytes => &mut self.about_bytes,
        }
    }

    fn question(&self, about: About, id: NodeId) -> Question<'a> {
        let status = &self.status[id];
        match (about, self.graph.nodes[id].kind, &status.plan) {
            (About::Record, Kind::Plan(definition), Some((hash, plan))) => Question::Record {
                id,
                definition,
                hash: *hash,
                plan: Arc::clone(plan),
            },
            _ => Question::Bytes {
                id,
                object: status.output.expect("whose bytes are asked for is known"),
            },
        }
    }

    /// Others have answered.
    pub(super) fn answered<F: Facts>(
        &mut self,
        facts: &F,
        replies: Vec<(NodeId, Reply)>,
    ) -> Result<(), F::Error> {
        for (id, reply) in replies {
            self.hear(id, reply);
        }
        self.settle(facts)
    }

    /// Whether any node waits for an answer.
    pub(super) fn is_asking(&self) -> bool {
        self.asking > 0
    }

    pub(super) fn output(&self, id: NodeId) -> Option<Object> {
        self.status[id].output
    }

    pub(super) fn plan(&self, id: NodeId) -> Option<&Arc<Resolved>> {
        self.status[id].plan.as_ref().map(|(_, plan)| plan)
    }

    /// Whether the plan of a node that is being brought was made elsewhere in this run: nobody but who
    /// made it has it, and making it once more would not bring it here.
    pub(super) fn was_made(&self, id: NodeId) -> bool {
        let trial = self.hash(id).and_then(|hash| self.trials.get(&hash));
        matches!(trial, Some(Trial::InFlight { made: Some(_), .. }))
    }

    /// Those that are needed and have not been run: they wait for something, or are lost.
    pub(super) fn unfinished(&self) -> impl Iterator<Item = NodeId> {
        (0..self.status.len()).filter(|id| self.status[*id].is_unfinished())
    }

    /// Those of them that will have to run, as far as that is known: not those whose outputs are brought.
    pub(super) fn to_be_run(&self) -> impl Iterator<Item = NodeId> {
        let brought = self.downloads.iter().filter_map(|(_, id)| self.hash(*id));
        let brought: BTreeSet<PlanHash> = brought.collect();
        let is_brought =
            move |id: &NodeId| self.hash(*id).is_some_and(|hash| brought.contains(&hash));
        self.unfinished().filter(move |id| !is_brought(id))
    }

    /// How many are needed, and neither there nor failed themselves.
    pub(super) fn untried(&self) -> usize {
        let untried = |id: &NodeId| self.status[*id].state != State::Failed;
        self.unfinished().filter(untried).count()
    }

    /// Those that became necessary since this was asked last, inputs first. As long as anything is asked,
    /// these are only those that may run: nobody knows what of the rest is.
    pub(super) fn newly_necessary(&mut self) -> Vec<NodeId> {
        let mut necessary = std::mem::take(&mut self.untold);
        if !self.is_asking() {
            necessary.append(&mut self.asked);
        }
        necessary.retain(|id| {
            let status = &mut self.status[*id];
            status.is_unfinished() && !std::mem::replace(&mut status.told, true)
        });
        necessary.sort_unstable();
        necessary
    }

    /// Those that failed with another node since this was asked last.
    pub(super) fn take_twins(&mut self) -> Vec<Twin> {
        std::mem::take(&mut self.twins)
    }

    /// The hash of a plan that is resolved.
    pub(super) fn hash(&self, id: NodeId) -> Option<PlanHash> {
        self.status[id].plan.as_ref().map(|(hash, _)| *hash)
    }
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
