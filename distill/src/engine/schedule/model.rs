//! The schedule in all orders of events that chance finds, held against its invariants after each.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use proptest::prelude::*;

use super::super::graph::Graph;
use super::*;
use crate::plan::{AbsPath, Action, Artifact, Hash, Input, Literal, Merge, Mode, Name, RelPath};

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
    recorded: bool,
    present: bool,
    offered: bool,
    declines: bool,
}

fn shapes() -> impl Strategy<Value = Vec<Shape>> {
    let rarely = || prop::bool::weighted(0.1);
    let often = || prop::bool::weighted(0.4);
    let inputs = prop::collection::vec(1..6_usize, 0..4);
    let shape = (
        inputs,
        0..3_u8,
        rarely(),
        rarely(),
        rarely(),
        often(),
        often(),
        often(),
        often(),
    );
    let shape = shape.prop_map(
        |(inputs, kind, passes_on, fails, stopped, recorded, present, offered, declines)| Shape {
            inputs,
            kind,
            passes_on,
            fails,
            stopped,
            recorded,
            present,
            offered,
            declines,
        },
    );
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

/// A store and a cache whose contents follow from the shapes.
struct World<'s> {
    shapes: &'s [Shape],
    records: RefCell<BTreeMap<PlanHash, Object>>,
    present: RefCell<HashSet<Object>>,
    asked: RefCell<BTreeMap<String, usize>>,
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

    fn recorded(
        &self,
        definition: &Plan,
        hash: &PlanHash,
        plan: &Resolved,
    ) -> Result<Option<Object>, Self::Error> {
        *self
            .asked
            .borrow_mut()
            .entry(definition.label())
            .or_default() += 1;
        let known = self.records.borrow().get(hash).copied();
        let shape = self.shape(hash);
        Ok(known.or_else(|| shape.recorded.then(|| made(plan, shape))))
    }

    fn present(&self, object: &Object) -> Result<bool, Self::Error> {
        Ok(self.present.borrow().contains(object) || self.object_shape(object).present)
    }

    fn offered(&self, object: &Object) -> bool {
        self.object_shape(object).offered
    }

    fn literal(&self, literal: &Literal) -> Result<Object, Self::Error> {
        Ok(Object::Tree(Hash::of(format!("{literal:?}"))))
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
                State::Known => {
                    assert_eq!(status.want, Want::Output);
                    assert!(status.output.is_some());
                }
                State::Gathering { missing } => {
                    assert!(missing > 0 && !lost(Want::Bytes));
                    assert_eq!(missing, lacking(Want::Bytes));
                }
                State::Following => {
                    let hash = self.hash(id).unwrap();
                    let Some(Trial::InFlight(followers)) = self.trials.get(&hash) else {
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
                        assert!(matches!(trial, Some(Trial::InFlight(_))));
                    }
                }
                State::Done => assert!(status.output.is_some()),
                State::Failed | State::Skipped => {}
            }
        }
    }
}

/// Runs everything, in an order that `choices` picks, and checks the invariants at each step.
fn walk(shapes: &[Shape], choices: &[u8], rerun: bool) {
    let plans = plans(shapes);
    let roots: Vec<Plan> = plans.iter().rev().step_by(3).cloned().collect();
    let world = World {
        shapes,
        records: RefCell::default(),
        present: RefCell::default(),
        asked: RefCell::default(),
    };
    let mut schedule = Schedule::new(Graph::new(&roots, &BTreeMap::new()).unwrap());
    let Ok(()) = schedule.begin(&world, rerun);
    let (mut running, mut choices) = (Vec::new(), choices.iter().copied().cycle());
    let (mut told, mut ran, mut failed) = (BTreeSet::new(), BTreeMap::new(), BTreeSet::new());
    loop {
        schedule.check();
        for id in schedule.newly_necessary() {
            assert!(told.insert(id), "told twice");
        }
        for Twin { ran, twin } in schedule.take_twins() {
            assert!(told.contains(&twin) && failed.contains(&ran) && failed.insert(twin));
        }
        let choice = choices.next().unwrap();
        let lane = if choice % 2 == 0 {
            Lane::Work
        } else {
            Lane::Download
        };
        let lanes = [lane, Lane::Work, Lane::Download];
        if choice % 3 > 0 || running.is_empty() {
            let next = lanes
                .into_iter()
                .find_map(|lane| Some((schedule.take(lane)?, lane)));
            if let Some((id, lane)) = next {
                assert!(told.contains(&id), "started before it was told");
                running.push((id, lane));
                continue;
            }
        }
        if running.is_empty() {
            break;
        }
        let (id, lane) = running.swap_remove(usize::from(choice) % running.len());
        let ended = end(&world, &schedule, id, lane);
        if lane == Lane::Work
            && let Some(hash) = schedule.hash(id)
        {
            let inputs = &schedule.graph.nodes[id].inputs;
            assert!(
                inputs
                    .iter()
                    .all(|input| schedule.status[*input].state == State::Done)
            );
            *ran.entry((hash, schedule.status[id].want == Want::Run))
                .or_insert(0) += 1;
        }
        if let Ended::Made(output) = ended {
            world.present.borrow_mut().insert(output);
            if let Some(hash) = schedule.hash(id) {
                world.records.borrow_mut().insert(hash, output);
            }
        }
        if ended == Ended::Failed {
            failed.insert(id);
        }
        let Ok(()) = schedule.ended(&world, id, ended);
    }
    let stopped = shapes.iter().any(|shape| shape.stopped);
    assert!(
        stopped || ran.values().all(|times| *times == 1),
        "a plan ran twice"
    );
    assert!(
        world.asked.borrow().values().all(|times| *times == 1),
        "a record was read twice"
    );
    for (id, status) in schedule.status.iter().enumerate() {
        let ends = matches!(
            status.state,
            State::Resolving { .. } | State::Gathering { .. } | State::Following
        );
        assert!(!ends, "{id} waits for ever: {:?}", status.state);
        assert_eq!(status.state == State::Failed, failed.contains(&id));
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
        return Ended::Made(schedule.output(id).expect("sources and literals are known"));
    };
    let shape = world.shape(hash);
    match lane {
        Lane::Download if shape.declines => Ended::Declined,
        Lane::Work if shape.fails => Ended::Failed,
        _ if shape.stopped => Ended::Stopped,
        _ => Ended::Made(made(plan, shape)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_table_of_states_holds_in_every_order(
        shapes in shapes(),
        choices in prop::collection::vec(any::<u8>(), 1..64),
        rerun in prop::bool::weighted(0.2),
    ) {
        walk(&shapes, &choices, rerun);
    }
}
