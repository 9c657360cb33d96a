//! Who waits for whom: demands go to inputs, and what becomes of them is counted by users.

use super::Schedule;
use super::state::{State, Status, Want};
use crate::engine::graph::NodeId;
use crate::plan::Object;

impl Schedule<'_> {
    pub(super) fn demand(&mut self, id: NodeId, want: Want) {
        let status = &mut self.status[id];
        if status.want < want {
            status.want = want;
            self.asked.push(id);
            if matches!(status.state, State::Idle | State::Known | State::Elsewhere) {
                self.agenda.push_back(id);
            }
        }
    }

    /// Asks all inputs for as much as `want`, and counts those that do not have it: each of them will
    /// count down when it has. If one of them is lost, so is the node.
    pub(super) fn ask_inputs(&mut self, id: NodeId, want: Want) -> Option<usize> {
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

    pub(super) fn wait(&mut self, id: NodeId, state: State) {
        self.status[id].state = state;
        self.go_on_if_complete(id);
    }

    fn go_on_if_complete(&mut self, id: NodeId) {
        let state = self.status[id].state;
        if let State::Resolving { missing: 0 } | State::Gathering { missing: 0, .. } = state {
            self.agenda.push_back(id);
        }
    }

    /// A node that waits for nothing any more is decided once the agenda comes to it.
    pub(super) fn decide_later(&mut self, id: NodeId) {
        self.status[id].state = State::Known;
        self.agenda.push_back(id);
    }

    /// The output of a node is known from now on; users that resolve count it.
    pub(super) fn learn(&mut self, id: NodeId, output: Object) {
        if self.status[id].output.replace(output).is_some() {
            return;
        }
        self.count_down(id, |state| match state {
            State::Resolving { missing } => Some(missing),
            _ => None,
        });
    }

    /// The bytes of a node can be used elsewhere from now on; users that gather there count it.
    pub(super) fn count_down_usable(&mut self, id: NodeId) {
        self.count_down(id, |state| match state {
            State::Gathering {
                missing,
                need: Want::Usable,
            } => Some(missing),
            _ => None,
        });
    }

    /// The bytes of a node are here from now on; users that gather, and did not count it before, do.
    pub(super) fn finish(&mut self, id: NodeId, output: Object) {
        self.learn(id, output);
        let was_usable = self.status[id].is_usable();
        self.status[id].state = State::Done;
        self.count_down(id, |state| match state {
            State::Gathering { missing, need } if *need > Want::Usable || !was_usable => {
                Some(missing)
            }
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
    pub(super) fn lose(&mut self, id: NodeId, state: State) {
        self.status[id].state = state;
        // A stack of our own: what needs it may be deeper than a thread's stack.
        let mut lost = vec![id];
        while let Some(id) = lost.pop() {
            for user in &self.graph.nodes[id].users {
                let needs = match self.status[*user].state {
                    State::Resolving { .. } => !self.status[id].has(Want::Output),
                    State::Gathering { need, .. } => !self.status[id].has(need),
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
