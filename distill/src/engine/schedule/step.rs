//! What a node does next.

use super::state::{About, Lane, Reply, State, Trial, Want};
use super::{Facts, Schedule};
use crate::engine::executor::Place;
use crate::engine::graph::{Kind, NodeId};
use crate::plan::Object;

impl Schedule<'_> {
    pub(super) fn settle<F: Facts>(&mut self, facts: &F) -> Result<(), F::Error> {
        while let Some(id) = self.agenda.pop_front() {
            match self.status[id].state {
                State::Idle => self.look_at(facts, id)?,
                State::Resolving { missing: 0 } => self.resolve(facts, id)?,
                State::Known | State::Elsewhere => self.decide(facts, id)?,
                // Another node of its plan may have been made meanwhile.
                State::Gathering { missing: 0, .. } if self.is_made(id) => {
                    self.decide(facts, id)?;
                }
                State::Gathering { missing: 0, .. } => self.launch(id, self.lane(id)),
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
            Kind::Literal(literal) => {
                let user = self.graph.user(id).expect("a literal is an input");
                self.learn(id, facts.literal(literal, user)?);
            }
            Kind::Plan(_) => {
                if let Some(missing) = self.ask_inputs(id, Want::Output) {
                    self.wait(id, State::Resolving { missing });
                }
                return Ok(());
            }
        }
        self.decide(facts, id)
    }

    /// All inputs are known: so is the plan, and what the store has recorded of it.
    fn resolve<F: Facts>(&mut self, facts: &F, id: NodeId) -> Result<(), F::Error> {
        let output = |input: NodeId| self.status[input].output.expect("no input is missing");
        let plan = self.graph.resolve(id, output).expect("a plan");
        let hash = plan.hash();
        let recorded = facts.recorded(&hash)?;
        self.status[id].plan = Some((hash, plan.into()));
        match recorded {
            Some(output) => self.learn(id, output),
            // Of a plan that was met before is known what can be known.
            None if facts.has_others() && !self.trials.contains_key(&hash) => {
                self.ask(id, About::Record);
                return Ok(());
            }
            None => {}
        }
        self.decide(facts, id)
    }

    /// What to do about a node whose plan is known: see the text of the table.
    fn decide<F: Facts>(&mut self, facts: &F, id: NodeId) -> Result<(), F::Error> {
        self.take_up_trial(id);
        let (want, output) = (self.status[id].want, self.status[id].output);
        match output {
            Some(_) if want <= Want::Output => {
                self.status[id].state = State::Known;
                return Ok(());
            }
            Some(output) if want < Want::Run && facts.present(&output)? => {
                self.finish(id, output);
                return Ok(());
            }
            _ => {}
        }
        if !self.joins_trial(id) {
            match output.filter(|_| want < Want::Run) {
                Some(_) if self.has_to_ask(facts, id) => self.ask(id, About::Bytes),
                Some(_) if want == Want::Usable && self.status[id].is_usable() => {
                    self.status[id].state = State::Elsewhere;
                }
                Some(_) if self.can_be_brought(id) => self.launch(id, Lane::Download),
                _ => self.gather(facts, id),
            }
        }
        Ok(())
    }

    /// Whether somebody may have the bytes of a node, and nobody was asked.
    fn has_to_ask<F: Facts>(&self, facts: &F, id: NodeId) -> bool {
        let is_literal = matches!(self.graph.nodes[id].kind, Kind::Literal(_));
        self.status[id].whereabouts.is_none() && !is_literal && facts.has_others()
    }

    /// Whether a plan's output comes from somewhere, so that nothing of what it is made from is needed.
    fn can_be_brought(&self, id: NodeId) -> bool {
        let Some(hash) = self.hash(id) else {
            return false;
        };
        let bytes = self.status[id].whereabouts.unwrap_or_default();
        let was_declined = matches!(self.trials.get(&hash), Some(Trial::Declined));
        (bytes.offered || bytes.usable) && !was_declined
    }

    fn ask(&mut self, id: NodeId, about: About) {
        self.status[id].state = State::Asking(about);
        self.asking_about(about).push(id);
        self.asking += 1;
    }

    /// Others have said what a node asked.
    pub(super) fn hear(&mut self, id: NodeId, reply: Reply) {
        self.asking -= 1;
        match reply {
            Reply::Record(Some(output)) => self.learn(id, output),
            Reply::Record(None) => {}
            Reply::Bytes(whereabouts) => {
                self.status[id].whereabouts = Some(whereabouts);
                if whereabouts.usable {
                    self.count_down_usable(id);
                }
            }
        }
        self.decide_later(id);
    }

    /// A node that needs to be made asks for its inputs, where it will run.
    fn gather<F: Facts>(&mut self, facts: &F, id: NodeId) {
        let place = self.plan(id).map_or(Place::Here, |plan| facts.place(plan));
        let need = match place {
            Place::Here => Want::Bytes,
            Place::Elsewhere => Want::Usable,
        };
        if let Some(missing) = self.ask_inputs(id, need) {
            self.wait(id, State::Gathering { missing, need });
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
        self.open_trial(id, lane);
        let status = &mut self.status[id];
        status.state = State::Ready;
        if !status.told {
            self.untold.push(id);
        }
        let entry = (self.graph.nodes[id].rank, id);
        match lane {
            Lane::Download => self.downloads.insert(entry),
            Lane::Work => self.work.insert(entry),
        };
    }
}
