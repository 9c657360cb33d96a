//! Which nodes must run, and which may run now: a state machine without I/O of its own.
//!
//! The states are a table (`state.rs`), with what is true in each.

mod state;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

pub(super) use self::state::{Ended, Lane, Twin};
use self::state::{State, Status, Trial, Want};
use super::graph::{Graph, Kind, NodeId};
use crate::plan::{Object, Plan, PlanHash, Resolved};

/// What the schedule asks about the store, and about the caches beside it.
pub(super) trait Facts {
    type Error;
    /// What a plan, which has this hash, made according to the records, here or in a cache.
    fn recorded(
        &self,
        definition: &Plan,
        hash: &PlanHash,
        plan: &Resolved,
    ) -> Result<Option<Object>, Self::Error>;
    /// Whether an object's bytes are there.
    fn present(&self, object: &Object) -> Result<bool, Self::Error>;
    /// Whether a cache seems to have an object's bytes.
    fn offered(&self, object: &Object) -> bool;
    /// The tree that a literal is.
    fn literal(&self, literal: &crate::plan::Literal) -> Result<Object, Self::Error>;
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
    /// Nodes of which more was asked for since they were last told.
    asked: Vec<NodeId>,
    twins: Vec<Twin>,
}

impl<'a> Schedule<'a> {
    pub(super) fn new(graph: Graph<'a>) -> Schedule<'a> {
        let fresh = |_: &_| Status {
            want: Want::Nothing,
            state: State::Idle,
            output: None,
            plan: None,
            told: false,
        };
        let status = graph.nodes.iter().map(fresh).collect();
        Schedule {
            graph,
            status,
            work: BTreeSet::new(),
            downloads: BTreeSet::new(),
            trials: HashMap::new(),
            agenda: VecDeque::new(),
            asked: Vec::new(),
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
        let followers = self.close_trial(id, ended);
        match ended {
            Ended::Made(output) => {
                self.finish(id, output);
                for follower in followers {
                    self.share(id, follower);
                }
            }
            Ended::Failed => {
                self.lose(id, State::Failed);
                for twin in followers {
                    self.fail_as(id, twin);
                }
            }
            Ended::Stopped => {
                self.lose(id, State::Skipped);
                followers
                    .into_iter()
                    .for_each(|follower| self.lose(follower, State::Skipped));
            }
            Ended::Declined => {
                let output = self.status[id].output.expect("what a cache was asked for");
                for node in std::iter::once(id).chain(followers) {
                    self.decide_again(node, output);
                }
            }
        }
        self.settle(facts)
    }

    pub(super) fn output(&self, id: NodeId) -> Option<Object> {
        self.status[id].output
    }

    pub(super) fn plan(&self, id: NodeId) -> Option<&Resolved> {
        self.status[id].plan.as_ref().map(|(_, plan)| plan)
    }

    /// Those that are needed and have not been run: they wait for something, or are lost.
    pub(super) fn unfinished(&self) -> impl Iterator<Item = NodeId> {
        (0..self.status.len()).filter(|id| self.status[*id].is_unfinished())
    }

    /// How many are needed, and neither there nor failed themselves.
    pub(super) fn untried(&self) -> usize {
        let untried = |id: &NodeId| self.status[*id].state != State::Failed;
        self.unfinished().filter(untried).count()
    }

    /// Those that became necessary since this was asked last, inputs first.
    pub(super) fn newly_necessary(&mut self) -> Vec<NodeId> {
        let mut asked = std::mem::take(&mut self.asked);
        asked.retain(|id| {
            let status = &mut self.status[*id];
            status.is_unfinished() && !std::mem::replace(&mut status.told, true)
        });
        asked.sort_unstable();
        asked
    }

    /// Those that failed with another node since this was asked last.
    pub(super) fn take_twins(&mut self) -> Vec<Twin> {
        std::mem::take(&mut self.twins)
    }

    fn hash(&self, id: NodeId) -> Option<PlanHash> {
        self.status[id].plan.as_ref().map(|(hash, _)| *hash)
    }

    fn demand(&mut self, id: NodeId, want: Want) {
        let status = &mut self.status[id];
        if status.want < want {
            status.want = want;
            self.asked.push(id);
            if matches!(status.state, State::Idle | State::Known) {
                self.agenda.push_back(id);
            }
        }
    }

    fn settle<F: Facts>(&mut self, facts: &F) -> Result<(), F::Error> {
        while let Some(id) = self.agenda.pop_front() {
            match self.status[id].state {
                State::Idle => self.look_at(facts, id)?,
                State::Resolving { missing: 0 } => self.resolve(facts, id)?,
                State::Known => self.decide(facts, id)?,
                State::Gathering { missing: 0 } => self.launch(id, self.lane(id)),
                // It moved on since it was put here, or was lost.
                _ => {}
            }
        }
        Ok(())
    }

    /// The first step of a node: what it is, if that is known without its inputs.
    fn look_at<F: Facts>(&mut self, facts: &F, id: NodeId) -> Result<(), F::Error> {
        match self.graph.nodes[id].kind {
            Kind::Source(source) => self.learn(id, Object::Blob(source.digest)),
            Kind::Literal(literal) => self.learn(id, facts.literal(literal)?),
            Kind::Plan(_) => {
                if let Some(missing) = self.ask_inputs(id, Want::Output) {
                    self.wait(id, State::Resolving { missing });
                }
                return Ok(());
            }
        }
        self.decide(facts, id)
    }

    /// All inputs are known: so is the plan, and what is recorded of it.
    fn resolve<F: Facts>(&mut self, facts: &F, id: NodeId) -> Result<(), F::Error> {
        let output = |input: NodeId| self.status[input].output.expect("no input is missing");
        let plan = self.graph.resolve(id, output).expect("a plan");
        let (hash, definition) = (plan.hash(), self.graph.nodes[id].kind);
        if let Kind::Plan(definition) = definition
            && let Some(output) = facts.recorded(definition, &hash, &plan)?
        {
            self.learn(id, output);
        }
        self.status[id].plan = Some((hash, plan));
        self.decide(facts, id)
    }

    /// What to do about a node whose plan is known: see the module's text.
    fn decide<F: Facts>(&mut self, facts: &F, id: NodeId) -> Result<(), F::Error> {
        let (want, output) = (self.status[id].want, self.status[id].output);
        match output {
            Some(_) if want <= Want::Output => {
                self.status[id].state = State::Known;
                return Ok(());
            }
            Some(output) if want == Want::Bytes && facts.present(&output)? => {
                self.finish(id, output);
                return Ok(());
            }
            _ => {}
        }
        if self.joins_trial(id) {
            return Ok(());
        }
        match output {
            Some(output) if want == Want::Bytes && self.can_be_brought(facts, id, &output) => {
                self.launch(id, Lane::Download);
            }
            _ => self.gather(id),
        }
        Ok(())
    }

    /// Whether a plan's output comes from a cache, so that nothing of what it is made from is needed.
    fn can_be_brought<F: Facts>(&self, facts: &F, id: NodeId, output: &Object) -> bool {
        let trial = self.hash(id).map(|hash| self.trials.get(&hash));
        trial.is_some_and(|trial| !matches!(trial, Some(Trial::Declined))) && facts.offered(output)
    }

    fn gather(&mut self, id: NodeId) {
        if let Some(missing) = self.ask_inputs(id, Want::Bytes) {
            self.wait(id, State::Gathering { missing });
        }
    }

    /// Asks all inputs for as much as `want`, and counts those that do not have it: each of them will
    /// count down when it has. If one of them is lost, so is the node.
    fn ask_inputs(&mut self, id: NodeId, want: Want) -> Option<usize> {
        let inputs = std::mem::take(&mut self.graph.nodes[id].inputs);
        let lacks = |status: &Status| !status.has(want);
        let lost = |input: &NodeId| lacks(&self.status[*input]) && self.status[*input].is_lost();
        let missing = if inputs.iter().any(lost) {
            None
        } else {
            inputs.iter().for_each(|input| self.demand(*input, want));
            let missing = inputs.iter().filter(|input| lacks(&self.status[**input]));
            Some(missing.count())
        };
        self.graph.nodes[id].inputs = inputs;
        if missing.is_none() {
            self.lose(id, State::Skipped);
        }
        missing
    }

    fn wait(&mut self, id: NodeId, state: State) {
        self.status[id].state = state;
        self.go_on_if_complete(id);
    }

    fn go_on_if_complete(&mut self, id: NodeId) {
        let state = self.status[id].state;
        if let State::Resolving { missing: 0 } | State::Gathering { missing: 0 } = state {
            self.agenda.push_back(id);
        }
    }

    fn lane(&self, id: NodeId) -> Lane {
        match self.graph.nodes[id].kind {
            Kind::Source(_) => Lane::Download,
            Kind::Plan(_) | Kind::Literal(_) => Lane::Work,
        }
    }

    /// Puts a node into the queue of a lane, unless its plan was tried since it was decided.
    fn launch(&mut self, id: NodeId, lane: Lane) {
        if self.joins_trial(id) {
            return;
        }
        if let Some(hash) = self.hash(id) {
            self.trials.insert(hash, Trial::InFlight(Vec::new()));
        }
        self.status[id].state = State::Ready;
        let entry = (self.graph.nodes[id].rank, id);
        match lane {
            Lane::Download => self.downloads.insert(entry),
            Lane::Work => self.work.insert(entry),
        };
    }

    /// Whether another node of the same plan was or is tried, so that what comes of it holds for this
    /// one too.
    fn joins_trial(&mut self, id: NodeId) -> bool {
        let trial = self.hash(id).and_then(|hash| self.trials.get_mut(&hash));
        match trial {
            Some(Trial::InFlight(followers)) => {
                followers.push(id);
                self.status[id].state = State::Following;
                true
            }
            Some(Trial::Made(made)) => {
                let made = *made;
                // A node that is to run whatever is recorded is not served by one that was not.
                let serves = self.status[id].want <= self.status[made].want.max(Want::Bytes);
                if serves {
                    self.share(made, id);
                }
                serves
            }
            Some(Trial::Failed(ran)) => {
                let ran = *ran;
                self.fail_as(ran, id);
                true
            }
            Some(Trial::Declined) | None => false,
        }
    }

    /// Notes how the trial of a leader's plan ended; gives its followers.
    fn close_trial(&mut self, leader: NodeId, ended: Ended) -> Vec<NodeId> {
        let Some(hash) = self.hash(leader) else {
            return Vec::new();
        };
        let trial = match ended {
            Ended::Made(_) => self.trials.insert(hash, Trial::Made(leader)),
            Ended::Failed => self.trials.insert(hash, Trial::Failed(leader)),
            Ended::Declined => self.trials.insert(hash, Trial::Declined),
            Ended::Stopped => self.trials.remove(&hash),
        };
        match trial {
            Some(Trial::InFlight(followers)) => followers,
            _ => Vec::new(),
        }
    }

    /// What `made` is, `id` is too, unless that has to run whatever is recorded.
    fn share(&mut self, made: NodeId, id: NodeId) {
        let output = self.status[made].output.expect("it was made");
        if self.status[id].want <= self.status[made].want.max(Want::Bytes) {
            self.finish(id, output);
        } else {
            self.decide_again(id, output);
        }
    }

    fn fail_as(&mut self, ran: NodeId, twin: NodeId) {
        self.twins.push(Twin { ran, twin });
        self.lose(twin, State::Failed);
    }

    fn decide_again(&mut self, id: NodeId, output: Object) {
        self.learn(id, output);
        self.status[id].state = State::Known;
        self.agenda.push_back(id);
    }

    /// The output of a node is known from now on; users that resolve count it.
    fn learn(&mut self, id: NodeId, output: Object) {
        if self.status[id].output.replace(output).is_some() {
            return;
        }
        self.count_down(id, |state| match state {
            State::Resolving { missing } => Some(missing),
            _ => None,
        });
    }

    /// The bytes of a node are there from now on; users that gather count it.
    fn finish(&mut self, id: NodeId, output: Object) {
        self.learn(id, output);
        self.status[id].state = State::Done;
        self.count_down(id, |state| match state {
            State::Gathering { missing } => Some(missing),
            _ => None,
        });
    }

    /// One less is missing for every user that waits for this.
    fn count_down(&mut self, id: NodeId, missing: impl Fn(&mut State) -> Option<&mut usize>) {
        let users = std::mem::take(&mut self.graph.nodes[id].users);
        for user in &users {
            if let Some(missing) = missing(&mut self.status[*user].state) {
                *missing -= 1;
                self.go_on_if_complete(*user);
            }
        }
        self.graph.nodes[id].users = users;
    }

    /// A node will not have its bytes; so will not what needs them. What only needs to know its output,
    /// and knows it, goes on.
    fn lose(&mut self, id: NodeId, state: State) {
        self.status[id].state = state;
        // A stack of our own: what needs it may be deeper than a thread's stack.
        let mut lost = vec![id];
        while let Some(id) = lost.pop() {
            let known = self.status[id].output.is_some();
            for user in &self.graph.nodes[id].users {
                let needs = match self.status[*user].state {
                    State::Resolving { .. } => !known,
                    State::Gathering { .. } => true,
                    _ => false,
                };
                if needs {
                    self.status[*user].state = State::Skipped;
                    lost.push(*user);
                }
            }
        }
    }
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
