//! Which nodes must run, and which may run now: a state machine without I/O of its own.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

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

/// How much of a node is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Want {
    Nothing,
    /// What its output is, so that a user's plan can be hashed.
    Output,
    /// The bytes, so that a user can run.
    Bytes,
    /// To run, whatever is recorded.
    Run,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nobody needs it, or it waits for its inputs.
    Waiting,
    /// It may run.
    Ready,
    Running,
    /// Its bytes are there.
    Done,
    /// It, or something that it needs, failed.
    Failed,
}

struct Status {
    want: Want,
    state: State,
    output: Option<Object>,
    plan: Option<(PlanHash, Resolved)>,
    /// A cache was to have the bytes, and did not: they have to be made.
    declined: bool,
}

/// Where a job belongs: few jobs use processors at a time, and some downloads beside them. A plan
/// among the downloads is not run: a cache has its output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    Work,
    Download,
}

/// The state of a run.
pub(super) struct Schedule<'a> {
    pub(super) graph: Graph<'a>,
    status: Vec<Status>,
    work: BTreeSet<(Duration, NodeId)>,
    downloads: BTreeSet<(Duration, NodeId)>,
    /// The node that runs a plan which several nodes turned out to be.
    leaders: HashMap<PlanHash, NodeId>,
    agenda: VecDeque<NodeId>,
}

impl<'a> Schedule<'a> {
    pub(super) fn new(graph: Graph<'a>) -> Schedule<'a> {
        let fresh = |_: &_| Status {
            want: Want::Nothing,
            state: State::Waiting,
            output: None,
            plan: None,
            declined: false,
        };
        let status = graph.nodes.iter().map(fresh).collect();
        Schedule {
            graph,
            status,
            work: BTreeSet::new(),
            downloads: BTreeSet::new(),
            leaders: HashMap::new(),
            agenda: VecDeque::new(),
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

    /// A job ended; `output` is what it made, if it did.
    pub(super) fn ended<F: Facts>(
        &mut self,
        facts: &F,
        id: NodeId,
        output: Option<Object>,
    ) -> Result<(), F::Error> {
        let status = &mut self.status[id];
        status.state = if output.is_some() {
            State::Done
        } else {
            State::Failed
        };
        status.output = output.or(status.output);
        self.wake_users(id);
        self.settle(facts)
    }

    /// A cache did not have what it seemed to have: the node is made after all.
    pub(super) fn declined<F: Facts>(&mut self, facts: &F, id: NodeId) -> Result<(), F::Error> {
        let status = &mut self.status[id];
        (status.declined, status.state) = (true, State::Waiting);
        self.agenda.push_back(id);
        self.settle(facts)
    }

    pub(super) fn output(&self, id: NodeId) -> Option<Object> {
        self.status[id].output
    }

    pub(super) fn plan(&self, id: NodeId) -> Option<&Resolved> {
        self.status[id].plan.as_ref().map(|(_, plan)| plan)
    }

    /// Those that are needed and have not been run: they wait for something.
    pub(super) fn unfinished(&self) -> impl Iterator<Item = NodeId> {
        let unfinished = |status: &Status| {
            status.want > Want::Nothing
                && status.state != State::Done
                && (status.output.is_none() || status.want > Want::Output)
        };
        (0..self.status.len()).filter(move |id| unfinished(&self.status[*id]))
    }

    fn demand(&mut self, id: NodeId, want: Want) {
        if self.status[id].want < want {
            self.status[id].want = want;
            self.agenda.push_back(id);
        }
    }

    fn wake_users(&mut self, id: NodeId) {
        self.agenda
            .extend(self.graph.nodes[id].users.iter().copied());
    }

    fn settle<F: Facts>(&mut self, facts: &F) -> Result<(), F::Error> {
        while let Some(id) = self.agenda.pop_front() {
            if self.status[id].state == State::Waiting && self.status[id].want > Want::Nothing {
                self.advance(facts, id)?;
            }
        }
        Ok(())
    }

    /// Moves one waiting node as far as it goes.
    fn advance<F: Facts>(&mut self, facts: &F, id: NodeId) -> Result<(), F::Error> {
        if self.status[id].output.is_none() && !self.find_output(facts, id)? {
            return Ok(());
        }
        if let Some(output) = self.status[id].output {
            match self.status[id].want {
                Want::Nothing | Want::Output => return Ok(()),
                Want::Bytes if facts.present(&output)? => {
                    self.status[id].state = State::Done;
                    self.wake_users(id);
                    return Ok(());
                }
                Want::Bytes if self.can_be_brought(facts, id, &output) => {
                    self.enqueue(id, Lane::Download);
                    return Ok(());
                }
                Want::Bytes | Want::Run => {}
            }
        }
        if self.inputs_are(id, Want::Bytes) {
            let lane = match self.graph.nodes[id].kind {
                Kind::Source(_) => Lane::Download,
                Kind::Plan(_) | Kind::Literal(_) => Lane::Work,
            };
            self.enqueue(id, lane);
        }
        Ok(())
    }

    /// Whether a plan's output comes from a cache, so that nothing of what it is made from is needed.
    fn can_be_brought<F: Facts>(&self, facts: &F, id: NodeId, output: &Object) -> bool {
        let is_plan = matches!(self.graph.nodes[id].kind, Kind::Plan(_));
        is_plan && !self.status[id].declined && facts.offered(output)
    }

    /// Finds out what a node's output is, or whether it must run to know; false if that has to wait.
    fn find_output<F: Facts>(&mut self, facts: &F, id: NodeId) -> Result<bool, F::Error> {
        match self.graph.nodes[id].kind {
            Kind::Source(source) => self.status[id].output = Some(Object::Blob(source.digest)),
            Kind::Literal(literal) => self.status[id].output = Some(facts.literal(literal)?),
            Kind::Plan(definition) => {
                if self.status[id].plan.is_none() {
                    if !self.inputs_are(id, Want::Output) {
                        return Ok(false);
                    }
                    let output = |input: NodeId| self.status[input].output.expect("just asked");
                    let plan = self.graph.resolve(id, output).expect("a plan");
                    self.status[id].plan = Some((plan.hash(), plan));
                }
                let (hash, plan) = self.status[id].plan.as_ref().expect("just resolved");
                self.status[id].output = facts.recorded(definition, hash, plan)?;
            }
        }
        if self.status[id].output.is_some() {
            self.wake_users(id);
        }
        Ok(true)
    }

    /// Whether all inputs are as far as `want`; asks for it where they are not. A failed input fails
    /// the node.
    fn inputs_are(&mut self, id: NodeId, want: Want) -> bool {
        let mut all = true;
        for input in self.graph.nodes[id].inputs.clone() {
            self.demand(input, want);
            let status = &self.status[input];
            let is = match want {
                Want::Output => status.output.is_some(),
                _ => status.state == State::Done,
            };
            if status.state == State::Failed && !is {
                self.status[id].state = State::Failed;
                self.wake_users(id);
                return false;
            }
            all &= is;
        }
        all
    }

    fn enqueue(&mut self, id: NodeId, lane: Lane) {
        let rank = self.graph.nodes[id].rank;
        if let Some((hash, _)) = self.status[id].plan {
            let leader = *self.leaders.entry(hash).or_insert(id);
            if leader != id && !matches!(self.status[leader].state, State::Done | State::Failed) {
                // Woken when the leader ends, to find its record.
                self.graph.nodes[leader].users.push(id);
                return;
            }
        }
        self.status[id].state = State::Ready;
        match lane {
            Lane::Download => self.downloads.insert((rank, id)),
            Lane::Work => self.work.insert((rank, id)),
        };
    }
}

#[cfg(test)]
mod tests;
