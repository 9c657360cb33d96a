//! The schedule in all orders of events that chance finds, held against its invariants after each.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use proptest::prelude::*;

use super::super::graph::Graph;
use super::*;
use crate::plan::{
    AbsPath, Action, Artifact, Hash, Input, Literal, Merge, Mode, Name, Plan, RelPath,
};

/// What a plan of the model is: which of the earlier plans it takes, and how it behaves.
#[derive(Debug, Clone)]
struct Shape {
    /// Those many places before itself.
    inputs: Vec<usize>,
    /// Definitions of one kind with equal inputs are one plan.
    kind: u8,
    /// Whether its output is that of its first input, so that a plan may come to be its own input.
    passes_on: bool,
    fails: bool,
    stopped: bool,
    /// Whether the store knows what it made, and whether others do.
    recorded: bool,
    heard: bool,
    present: bool,
    /// Whether its bytes are where jobs run elsewhere, and whether a cache seems to have them.
    usable: bool,
    offered: bool,
    declines: bool,
    /// Whether it runs elsewhere, and leaves its output there.
    elsewhere: bool,
}

fn shapes() -> impl Strategy<Value = Vec<Shape>> {
    let rarely = || prop::bool::weighted(0.1);
    let often = || prop::bool::weighted(0.4);
    let inputs = prop::collection::vec(1..6_usize, 0..4);
    let behaves = (rarely(), rarely(), rarely(), often());
    let lies = (often(), often(), often(), rarely(), often(), often());
    let shape = (inputs, 0..3_u8, behaves, lies).prop_map(|(inputs, kind, behaves, lies)| {
        let (passes_on, fails, stopped, elsewhere) = behaves;
        let (recorded, heard, present, usable, offered, declines) = lies;
        Shape {
            inputs,
            kind,
            passes_on,
            fails,
            stopped,
            recorded,
            heard,
            present,
            usable,
            offered,
            declines,
            elsewhere,
        }
    });
    prop::collection::vec(shape, 1..24)
}

/// Plans as the shapes say; the number of a shape is in the plan's name, which is not part of it.
fn plans(shapes: &[Shape]) -> Vec<Plan> {
    let mut plans: Vec<Plan> = Vec::new();
    for (number, shape) in shapes.iter().enumerate() {
        let earlier = shape
            .inputs
            .iter()
            .filter_map(|back| number.checked_sub(*back));
        let inputs = earlier.map(|place| Artifact::from(&plans[place]));
        let kind = shape.kind.to_string();
        let literal = Artifact::file(RelPath::new(&kind).unwrap(), Mode::FILE, kind.clone());
        let at = AbsPath::root();
        let inputs = inputs
            .chain([literal])
            .map(|of| Input { at: at.clone(), of });
        let inputs = inputs.collect();
        let name = Name::new(format!("p{number}")).unwrap();
        plans.push(Plan::named(name).action(Action::Merge(Merge { inputs })));
    }
    plans
}

/// A store, a cache and a place elsewhere, whose contents follow from the shapes.
struct World<'s> {
    shapes: &'s [Shape],
    records: RefCell<BTreeMap<PlanHash, Object>>,
    present: RefCell<HashSet<Object>>,
    /// What was left elsewhere.
    usable: RefCell<HashSet<Object>>,
    has_others: bool,
}

/// The number of the shape that a plan, by its first definition, has; all of one plan behave alike.
fn made(plan: &Resolved, shape: &Shape) -> Object {
    let first = plan.action().inputs().into_iter().next().copied();
    match first.filter(|_| shape.passes_on && plan.action().inputs().len() > 1) {
        Some(input) => input,
        None => Object::Tree(Hash::of(plan.hash().to_string())),
    }
}

impl World<'_> {
    /// How a plan behaves depends on its hash alone.
    fn shape(&self, hash: &PlanHash) -> &Shape {
        let place = hash.to_string().bytes().map(usize::from).sum::<usize>();
        &self.shapes[place % self.shapes.len()]
    }

    fn object_shape(&self, object: &Object) -> &Shape {
        let place = object.to_string().bytes().map(usize::from).sum::<usize>();
        &self.shapes[place % self.shapes.len()]
    }
}

impl Facts for World<'_> {
    type Error = std::convert::Infallible;

    fn recorded(&self, hash: &PlanHash) -> Result<Option<Object>, Self::Error> {
        let known = self.records.borrow().get(hash).copied();
        let shape = self.shape(hash);
        // What passes on its input is recorded when it was made: the hash alone does not tell it.
        let recorded = shape.recorded && !shape.passes_on;
        Ok(known.or_else(|| recorded.then(|| Object::Tree(Hash::of(hash.to_string())))))
    }

    fn present(&self, object: &Object) -> Result<bool, Self::Error> {
        Ok(self.present.borrow().contains(object) || self.object_shape(object).present)
    }

    fn literal(&self, literal: &Literal, _: &Plan) -> Result<Object, Self::Error> {
        Ok(Object::Tree(Hash::of(format!("{literal:?}"))))
    }

    fn has_others(&self) -> bool {
        self.has_others
    }

    fn place(&self, plan: &Resolved) -> Place {
        match self.shape(&plan.hash()).elsewhere {
            true => Place::Elsewhere,
            false => Place::Here,
        }
    }
}

impl World<'_> {
    /// What others say.
    fn reply(&self, question: Question<'_>) -> (NodeId, Reply) {
        match question {
            Question::Record { id, hash, plan, .. } => {
                let shape = self.shape(&hash);
                let heard = shape.heard.then(|| made(&plan, shape));
                self.records
                    .borrow_mut()
                    .extend(heard.map(|output| (hash, output)));
                (id, Reply::Record(heard))
            }
            Question::Bytes { id, object } => {
                let shape = self.object_shape(&object);
                let usable = shape.usable || self.usable.borrow().contains(&object);
                let offered = shape.offered;
                (id, Reply::Bytes(Whereabouts { usable, offered }))
            }
        }
    }

    /// Takes note of how a job ended.
    fn note(&self, hash: Option<PlanHash>, ended: Ended) {
        let Ended::Made(output, place) = ended else {
            return;
        };
        let bytes = match place {
            Place::Here => &self.present,
            Place::Elsewhere => &self.usable,
        };
        bytes.borrow_mut().insert(output);
        self.records
            .borrow_mut()
            .extend(hash.map(|hash| (hash, output)));
    }
}

impl Schedule<'_> {
    /// What the table of the states promises, counted anew.
    fn check(&self) {
        assert!(
            self.agenda.is_empty(),
            "a settled schedule has nothing to look at"
        );
        for (id, status) in self.status.iter().enumerate() {
            let inputs = &self.graph.nodes[id].inputs;
            let lacking = |want: Want| {
                inputs
                    .iter()
                    .filter(|of| !self.status[**of].has(want))
                    .count()
            };
            let lost = |want: Want| {
                let lost = |of: &Status| of.is_lost() && !of.has(want);
                inputs.iter().any(|input| lost(&self.status[*input]))
            };
            match status.state {
                State::Idle => assert_eq!(status.want, Want::Nothing),
                State::Resolving { missing } => {
                    assert!(missing > 0 && status.plan.is_none() && !lost(Want::Output));
                    assert_eq!(missing, lacking(Want::Output));
                }
                State::Asking(about) => {
                    assert!(status.plan.is_some() || about == About::Bytes);
                    assert_eq!(status.output.is_some(), about == About::Bytes);
                    assert!(about == About::Record || status.whereabouts.is_none());
                    assert!(about == About::Record || status.want >= Want::Usable);
                }
                State::Known => {
                    assert_eq!(status.want, Want::Output);
                    assert!(status.output.is_some());
                }
                State::Gathering { missing, need } => {
                    assert!(missing > 0 && !lost(need));
                    assert_eq!(missing, lacking(need));
                }
                State::Elsewhere => {
                    assert_eq!(status.want, Want::Usable);
                    assert!(status.output.is_some() && status.is_usable());
                }
                State::Following => {
                    let hash = self.hash(id).unwrap();
                    let Some(Trial::InFlight { followers, .. }) = self.trials.get(&hash) else {
                        panic!("nobody is followed");
                    };
                    assert!(followers.contains(&id));
                    let leads = |id: &NodeId| {
                        let state = self.status[*id].state;
                        self.hash(*id) == Some(hash)
                            && matches!(state, State::Ready | State::Running)
                    };
                    assert_eq!((0..self.status.len()).filter(leads).count(), 1);
                }
                State::Ready | State::Running => {
                    if let Some(hash) = self.hash(id) {
                        let trial = self.trials.get(&hash);
                        assert!(matches!(trial, Some(Trial::InFlight { .. })));
                    }
                }
                State::Done => assert!(status.output.is_some()),
                State::Failed | State::Skipped => {}
            }
        }
        let asks = |status: &&Status| matches!(status.state, State::Asking(_));
        assert_eq!(self.status.iter().filter(asks).count(), self.asking);
    }

    /// What a job needs when it is begun.
    fn check_begun(&self, world: &World<'_>, id: NodeId, lane: Lane) {
        let (status, inputs) = (&self.status[id], &self.graph.nodes[id].inputs);
        let Some(plan) = self.plan(id) else { return };
        match lane {
            Lane::Work => {
                let need = match world.place(plan) {
                    Place::Here => Want::Bytes,
                    Place::Elsewhere => Want::Usable,
                };
                assert!(inputs.iter().all(|input| self.status[*input].has(need)));
            }
            Lane::Download => {
                assert!(
                    !status.is_usable() || status.want >= Want::Bytes,
                    "nobody needs it here"
                );
            }
        }
    }
}

/// A run of the model: what was begun and has not ended, and what was told of it so far.
#[derive(Default)]
struct Walk<'a> {
    running: Vec<(NodeId, Lane)>,
    /// Questions that were taken, and have no answer yet.
    open: Vec<Question<'a>>,
    asked: BTreeSet<(NodeId, About)>,
    told: BTreeSet<NodeId>,
    failed: BTreeSet<NodeId>,
    /// Those that were stopped, by their plans.
    stopped: BTreeSet<PlanHash>,
    /// How often each plan ran, and whether that was asked for whatever is recorded.
    ran: BTreeMap<(PlanHash, bool), usize>,
}

impl<'a> Walk<'a> {
    fn hear(&mut self, schedule: &mut Schedule<'a>) {
        for id in schedule.newly_necessary() {
            assert!(self.told.insert(id), "told twice");
        }
        for Twin { ran, twin } in schedule.take_twins() {
            assert!(self.told.contains(&twin) && self.failed.contains(&ran));
            assert!(self.failed.insert(twin));
        }
    }

    /// Takes some step that can be taken; false if there is none.
    fn step(&mut self, world: &World<'_>, schedule: &mut Schedule<'a>, choice: u8) -> bool {
        let first = usize::from(choice) % 4;
        (first..first + 4).any(|kind| match kind % 4 {
            0 => self.begin(world, schedule, choice),
            1 => self.end(world, schedule, choice),
            2 => self.ask(schedule, choice),
            _ => self.answer(world, schedule, choice),
        })
    }

    fn begin(&mut self, world: &World<'_>, schedule: &mut Schedule<'a>, choice: u8) -> bool {
        let lanes = match choice / 4 % 2 {
            0 => [Lane::Work, Lane::Download],
            _ => [Lane::Download, Lane::Work],
        };
        let mut next = lanes.into_iter();
        let next = next.find_map(|lane| Some((schedule.take(lane)?, lane)));
        if let Some((id, lane)) = next {
            assert!(self.told.contains(&id), "started before it was told");
            schedule.check_begun(world, id, lane);
            self.running.push((id, lane));
        }
        next.is_some()
    }

    fn end(&mut self, world: &World<'_>, schedule: &mut Schedule<'a>, choice: u8) -> bool {
        if self.running.is_empty() {
            return false;
        }
        let place = usize::from(choice) % self.running.len();
        let (id, lane) = self.running.swap_remove(place);
        let (ended, hash) = (end(world, schedule, id, lane), schedule.hash(id));
        if let (Lane::Work, Some(hash)) = (lane, hash) {
            let key = (hash, schedule.status[id].want == Want::Run);
            *self.ran.entry(key).or_default() += 1;
        }
        world.note(hash, ended);
        match ended {
            Ended::Failed => _ = self.failed.insert(id),
            Ended::Stopped => self.stopped.extend(hash),
            Ended::Made(..) | Ended::Declined => {}
        }
        let Ok(()) = schedule.ended(world, id, ended);
        true
    }

    fn ask(&mut self, schedule: &mut Schedule<'a>, choice: u8) -> bool {
        let kinds = match choice / 4 % 2 {
            0 => [About::Record, About::Bytes],
            _ => [About::Bytes, About::Record],
        };
        let taken = kinds.map(|about| (about, schedule.take_questions(about)));
        let mut any = false;
        for (about, questions) in taken {
            any |= !questions.is_empty();
            for question in questions {
                let (Question::Record { id, .. } | Question::Bytes { id, .. }) = question;
                assert!(self.asked.insert((id, about)), "asked twice");
                self.open.push(question);
            }
        }
        any
    }

    /// Whether a node was stopped, or needs something that is lost.
    fn may_be_skipped(&self, world: &World<'_>, schedule: &Schedule<'_>, id: NodeId) -> bool {
        let need = match schedule.plan(id).map(|plan| world.place(plan)) {
            None => Want::Output,
            Some(Place::Here) => Want::Bytes,
            Some(Place::Elsewhere) => Want::Usable,
        };
        let lacks = |input: &NodeId| {
            let status = &schedule.status[*input];
            status.is_lost() && !status.has(need)
        };
        let was_stopped = schedule
            .hash(id)
            .is_some_and(|hash| self.stopped.contains(&hash));
        was_stopped || schedule.graph.nodes[id].inputs.iter().any(lacks)
    }

    fn answer(&mut self, world: &World<'_>, schedule: &mut Schedule<'a>, choice: u8) -> bool {
        // Some of what is open: answers need not come together, or in order.
        let count = usize::from(choice / 4) % (self.open.len() + 1);
        let answered = self
            .open
            .split_off(self.open.len() - count.max(1).min(self.open.len()));
        let replies: Vec<_> = answered.into_iter().map(|of| world.reply(of)).collect();
        let any = !replies.is_empty();
        let Ok(()) = schedule.answered(world, replies);
        any
    }
}

/// Runs everything, in an order that `choices` picks, and checks the invariants at each step.
fn walk(shapes: &[Shape], choices: &[u8], rerun: bool, has_others: bool) {
    let plans = plans(shapes);
    let roots: Vec<Plan> = plans.iter().rev().step_by(3).cloned().collect();
    let world = World {
        shapes,
        records: RefCell::default(),
        present: RefCell::default(),
        usable: RefCell::default(),
        has_others,
    };
    let mut schedule = Schedule::new(Graph::new(&roots, &BTreeMap::new()).unwrap());
    let Ok(()) = schedule.begin(&world, rerun);
    let (mut walk, mut choices) = (Walk::default(), choices.iter().copied().cycle());
    for steps in 0.. {
        assert!(steps < 5000, "it runs for ever");
        schedule.check();
        walk.hear(&mut schedule);
        if !walk.step(&world, &mut schedule, choices.next().unwrap()) {
            break;
        }
    }
    let stopped = shapes.iter().any(|shape| shape.stopped);
    assert!(
        stopped || walk.ran.values().all(|times| *times == 1),
        "a plan ran twice"
    );
    assert!(has_others || walk.asked.is_empty());
    for (id, status) in schedule.status.iter().enumerate() {
        let ends = matches!(
            status.state,
            State::Resolving { .. } | State::Gathering { .. } | State::Following | State::Asking(_)
        );
        assert!(!ends, "{id} waits for ever: {:?}", status.state);
        assert_eq!(status.state == State::Failed, walk.failed.contains(&id));
        if status.state == State::Skipped {
            assert!(
                walk.may_be_skipped(&world, &schedule, id),
                "{id} is skipped"
            );
        }
    }
    let all_done = schedule
        .graph
        .roots
        .iter()
        .all(|root| schedule.status[*root].state == State::Done);
    assert!(all_done || schedule.status.iter().any(Status::is_lost));
}

/// How a job of the model ends.
fn end(world: &World<'_>, schedule: &Schedule<'_>, id: NodeId, lane: Lane) -> Ended {
    let Some((hash, plan)) = &schedule.status[id].plan else {
        let output = schedule.output(id).expect("sources and literals are known");
        return Ended::Made(output, Place::Here);
    };
    let shape = world.shape(hash);
    match lane {
        // It would be made elsewhere again, and come here as little.
        Lane::Download if shape.declines && schedule.was_made(id) => Ended::Failed,
        Lane::Download if shape.declines => Ended::Declined,
        Lane::Work if shape.fails => Ended::Failed,
        _ if shape.stopped => Ended::Stopped,
        Lane::Work => Ended::Made(made(plan, shape), world.place(plan)),
        Lane::Download => Ended::Made(made(plan, shape), Place::Here),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_table_of_states_holds_in_every_order(
        shapes in shapes(),
        choices in prop::collection::vec(any::<u8>(), 1..64),
        rerun in prop::bool::weighted(0.2),
        has_others in prop::bool::weighted(0.8),
    ) {
        walk(&shapes, &choices, rerun, has_others);
    }
}
