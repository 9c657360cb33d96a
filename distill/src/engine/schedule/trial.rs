//! Plans that were tried in this run: definitions of one plan succeed and fail together.

use super::Schedule;
use super::state::{Ended, Lane, Made, State, Trial, Twin, Want, Whereabouts};
use crate::engine::executor::Place;
use crate::engine::graph::NodeId;
use crate::plan::Object;

impl Schedule<'_> {
    /// A job ended, and with it the trial of its plan.
    pub(super) fn end(&mut self, id: NodeId, ended: Ended) {
        let (followers, again) = self.close_trial(id, ended);
        let all = std::iter::once(id).chain(followers);
        match ended {
            Ended::Made(output, place) => {
                for node in all {
                    self.share(
                        node,
                        output,
                        Made {
                            by: id,
                            again,
                            place,
                        },
                    );
                }
            }
            Ended::Failed => {
                self.lose(id, State::Failed);
                all.skip(1).for_each(|twin| self.fail_as(id, twin));
            }
            Ended::Stopped => all.for_each(|node| self.lose(node, State::Skipped)),
            Ended::Declined => {
                let output = self.status[id].output.expect("what somebody was to have");
                for node in all {
                    self.learn(node, output);
                    self.decide_later(node);
                }
            }
        }
    }

    /// Notes how the trial of a leader's plan ended; gives its followers, and whether it ran because it
    /// was to run whatever is recorded.
    fn close_trial(&mut self, leader: NodeId, ended: Ended) -> (Vec<NodeId>, bool) {
        let Some(hash) = self.hash(leader) else {
            return (Vec::new(), false);
        };
        let Some(Trial::InFlight { followers, made }) = self.trials.remove(&hash) else {
            return (Vec::new(), false);
        };
        let again = self.status[leader].want == Want::Run || made.is_some_and(|made| made.again);
        let by = leader;
        let trial = match ended {
            Ended::Made(_, place) => Trial::Made(Made { by, again, place }),
            Ended::Failed => Trial::Failed(leader),
            Ended::Declined => Trial::Declined,
            Ended::Stopped => return (followers, again),
        };
        self.trials.insert(hash, trial);
        (followers, again)
    }

    /// Whether a node's plan was made in this run, as far as the node wants.
    pub(super) fn is_made(&self, id: NodeId) -> bool {
        let trial = self.hash(id).and_then(|hash| self.trials.get(&hash));
        match trial {
            Some(Trial::Made(made)) => made.again || self.status[id].want < Want::Run,
            _ => false,
        }
    }

    /// A node begins to be tried.
    pub(super) fn open_trial(&mut self, id: NodeId, lane: Lane) {
        let Some(hash) = self.hash(id) else { return };
        let made = match self.trials.remove(&hash) {
            Some(Trial::Made(made)) if lane == Lane::Download => Some(made),
            _ => None,
        };
        let followers = Vec::new();
        self.trials
            .insert(hash, Trial::InFlight { followers, made });
    }

    /// What was made of a node's plan in this run is known of the node, too.
    pub(super) fn take_up_trial(&mut self, id: NodeId) {
        let trial = self.hash(id).and_then(|hash| self.trials.get(&hash));
        if let Some(Trial::Made(made)) = trial {
            let made = *made;
            let output = self.status[made.by].output.expect("it was made");
            self.take_up(id, output, made);
        }
    }

    fn take_up(&mut self, id: NodeId, output: Object, made: Made) {
        self.learn(id, output);
        if made.again && self.status[id].want == Want::Run {
            self.status[id].want = Want::Bytes;
        }
        if made.place == Place::Elsewhere && !self.status[id].is_usable() {
            let bytes = self.status[id].whereabouts.unwrap_or_default();
            self.status[id].whereabouts = Some(Whereabouts {
                usable: true,
                ..bytes
            });
            self.count_down_usable(id);
        }
    }

    /// Whether another node of the same plan was or is tried, so that what comes of it holds for this
    /// one too.
    pub(super) fn joins_trial(&mut self, id: NodeId) -> bool {
        let want = self.status[id].want;
        let trial = self.hash(id).and_then(|hash| self.trials.get_mut(&hash));
        match trial {
            // It is usable meanwhile.
            Some(Trial::InFlight {
                made: Some(made), ..
            }) if want <= Want::Usable => {
                let made = *made;
                let output = self.status[made.by].output.expect("it was made");
                self.share(id, output, made);
                true
            }
            Some(Trial::InFlight { followers, .. }) => {
                followers.push(id);
                self.status[id].state = State::Following;
                true
            }
            Some(Trial::Made(made)) if serves(*made, want) => {
                let made = *made;
                let output = self.status[made.by].output.expect("it was made");
                self.share(id, output, made);
                true
            }
            Some(Trial::Failed(ran)) => {
                let ran = *ran;
                self.fail_as(ran, id);
                true
            }
            Some(Trial::Made(_) | Trial::Declined) | None => false,
        }
    }

    /// What a plan made, a node of it made, too, unless that has to run whatever is recorded.
    fn share(&mut self, id: NodeId, output: Object, made: Made) {
        self.take_up(id, output, made);
        let want = self.status[id].want;
        match made.place {
            Place::Here if want < Want::Run => self.finish(id, output),
            Place::Elsewhere if want == Want::Usable => self.status[id].state = State::Elsewhere,
            _ => self.decide_later(id),
        }
    }

    fn fail_as(&mut self, ran: NodeId, twin: NodeId) {
        self.twins.push(Twin { ran, twin });
        self.untold.push(twin);
        self.lose(twin, State::Failed);
    }
}

/// Whether somebody who wants so much is served by what was made: one who wants a run is not served by
/// what nobody ran.
fn serves(made: Made, want: Want) -> bool {
    match want {
        Want::Run => made.again && made.place == Place::Here,
        Want::Bytes => made.place == Place::Here,
        Want::Usable | Want::Output | Want::Nothing => true,
    }
}
