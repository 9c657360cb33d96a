use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};

use super::super::graph::Graph;
use super::*;
use crate::plan::{
    AbsPath, Action, Artifact, Hash, Input, Literal, Merge, Mode, Name, Plan, RelPath,
};

/// Answers all questions, and those that follow: nobody else knows a plan, and who has bytes says
/// `offered`.
fn answer<F: Facts<Error = std::convert::Infallible>>(
    facts: &F,
    schedule: &mut Schedule<'_>,
    offered: impl Fn(&Object) -> bool,
) {
    while schedule.is_asking() {
        let mut questions = schedule.take_questions(About::Record);
        questions.append(&mut schedule.take_questions(About::Bytes));
        let reply = |question| match question {
            Question::Record { id, .. } => (id, Reply::Record(None)),
            Question::Bytes { id, object } => {
                let (usable, offered) = (false, offered(&object));
                (id, Reply::Bytes(Whereabouts { usable, offered }))
            }
        };
        let Ok(()) = schedule.answered(facts, questions.into_iter().map(reply).collect());
    }
}

/// A store of hashes only.
#[derive(Default)]
struct Fake {
    records: RefCell<BTreeMap<PlanHash, Object>>,
    present: RefCell<HashSet<Object>>,
    /// What a cache seems to have.
    offered: RefCell<HashSet<Object>>,
    /// What it seems to have, and does not.
    declined: RefCell<HashSet<Object>>,
}

impl Facts for Fake {
    type Error = std::convert::Infallible;

    fn recorded(&self, hash: &PlanHash) -> Result<Option<Object>, Self::Error> {
        Ok(self.records.borrow().get(hash).copied())
    }

    fn present(&self, object: &Object) -> Result<bool, Self::Error> {
        Ok(self.present.borrow().contains(object))
    }

    fn literal(&self, literal: &Literal, _: &Plan) -> Result<Object, Self::Error> {
        Ok(Object::Tree(Hash::of(format!("{literal:?}"))))
    }

    fn has_others(&self) -> bool {
        !self.offered.borrow().is_empty()
    }

    fn place(&self, _: &Resolved) -> Place {
        Place::Here
    }
}

impl Fake {
    /// Answers all questions: a cache knows no plan that the records do not know.
    fn answer(&self, schedule: &mut Schedule<'_>) {
        let offered = |object: &Object| self.offered.borrow().contains(object);
        answer(self, schedule, offered);
    }

    /// Runs everything that may run, one at a time; gives the labels in order.
    fn run(&self, roots: &[Plan], history: &[(&str, u64)], fails: &[&str]) -> Vec<String> {
        let history = history
            .iter()
            .map(|(name, ms)| ((*name).to_owned(), *ms))
            .collect();
        let mut schedule = Schedule::new(Graph::new(roots, &history).unwrap());
        let Ok(()) = schedule.begin(self, false);
        let mut order = Vec::new();
        let next = |schedule: &mut Schedule<'_>| {
            self.answer(schedule);
            let lanes = [Lane::Download, Lane::Work];
            lanes
                .into_iter()
                .find_map(|lane| Some((schedule.take(lane)?, lane)))
        };
        while let Some((id, lane)) = next(&mut schedule) {
            let label = schedule.graph.nodes[id].kind.label();
            if lane == Lane::Download {
                let output = schedule.output(id).expect("that is what is brought");
                if self.declined.borrow().contains(&output) {
                    let Ok(()) = schedule.ended(self, id, Ended::Declined);
                } else {
                    order.push(format!("{label} from a cache"));
                    self.present.borrow_mut().insert(output);
                    let Ok(()) = schedule.ended(self, id, Ended::Made(output, Place::Here));
                }
                continue;
            }
            let output = match schedule.plan(id) {
                None => schedule.output(id),
                Some(_) if fails.contains(&label.as_str()) => None,
                Some(plan) => {
                    let output = Object::Tree(Hash::of(format!("made by {}", plan.hash())));
                    self.records.borrow_mut().insert(plan.hash(), output);
                    Some(output)
                }
            };
            if schedule.plan(id).is_some() {
                order.push(label);
            }
            self.present.borrow_mut().extend(output);
            let ended = output.map_or(Ended::Failed, |output| Ended::Made(output, Place::Here));
            let Ok(()) = schedule.ended(self, id, ended);
        }
        order
    }
}

fn plan(name: &str, inputs: &[&Plan]) -> Plan {
    let at = AbsPath::root();
    let file = Artifact::file(RelPath::new(name).unwrap(), Mode::FILE, name);
    let inputs = inputs
        .iter()
        .map(|plan| Artifact::from(*plan))
        .chain([file]);
    let inputs = inputs.map(|of| Input { at: at.clone(), of }).collect();
    Plan::named(Name::new(name).unwrap()).action(Action::Merge(Merge { inputs }))
}

#[test]
fn inputs_come_first_and_everything_once() {
    let (a, fake) = (plan("a", &[]), Fake::default());
    let (b, c) = (plan("b", &[&a]), plan("c", &[&a]));
    let roots = [plan("d", &[&b, &c])];
    let order = fake.run(&roots, &[], &[]);
    assert_eq!(order.len(), 4);
    assert_eq!((order[0].as_str(), order[3].as_str()), ("a", "d"));
    assert_eq!(fake.run(&roots, &[], &[]), [""; 0], "nothing to do");
}

#[test]
fn the_longest_path_comes_first() {
    let (short, long) = (plan("short", &[]), plan("long", &[]));
    let roots = [plan("top", &[&short, &long])];
    let history = [("short", 10), ("long", 90_000)];
    assert_eq!(
        Fake::default().run(&roots, &history, &[]),
        ["long", "short", "top"]
    );
}

#[test]
fn bytes_that_are_gone_are_made_again_only_if_something_needs_them() {
    let (a, fake) = (plan("a", &[]), Fake::default());
    let roots = [plan("b", &[&a])];
    fake.run(&roots, &[], &[]);
    fake.present.borrow_mut().clear();
    assert_eq!(fake.run(&roots, &[], &[]), ["a", "b"]);
    // The root's own bytes are there: nobody misses those of `a`.
    let top = fake.records.borrow().values().copied().collect::<Vec<_>>();
    fake.present.borrow_mut().clear();
    fake.present.borrow_mut().extend(top);
    assert_eq!(fake.run(&roots, &[], &[]), [""; 0]);
}

#[test]
fn a_failure_stops_what_needs_it_and_nothing_else() {
    let (bad, good) = (plan("bad", &[]), plan("good", &[]));
    let roots = [plan("needs-bad", &[&bad]), plan("needs-good", &[&good])];
    let order = Fake::default().run(&roots, &[], &["bad"]);
    assert!(order.contains(&"needs-good".to_owned()), "{order:?}");
    assert!(!order.contains(&"needs-bad".to_owned()), "{order:?}");
}

#[test]
fn two_nodes_of_one_plan_run_once() {
    let roots = [plan("same", &[]), plan("same", &[])];
    assert_eq!(Fake::default().run(&roots, &[], &[]), ["same"]);
}

/// A graph of which a cache knows everything; nothing is here.
fn known_to_a_cache(roots: &[Plan]) -> Fake {
    let fake = Fake::default();
    fake.run(roots, &[], &[]);
    let outputs: HashSet<Object> = fake.present.take();
    fake.offered.replace(outputs);
    fake
}

#[test]
fn of_what_a_cache_has_no_input_is_needed() {
    let (a, b) = (plan("a", &[]), plan("b", &[]));
    let roots = [plan("c", &[&a, &b])];
    let fake = known_to_a_cache(&roots);
    assert_eq!(fake.run(&roots, &[], &[]), ["c from a cache"]);
    let more = [plan("d", &[&roots[0], &a])];
    let mut order = fake.run(&more, &[], &[]);
    assert_eq!(order.pop().as_deref(), Some("d"));
    assert_eq!(order, ["a from a cache"]);
}

#[test]
fn what_a_cache_does_not_have_after_all_is_made() {
    let (a, b) = (plan("a", &[]), plan("b", &[]));
    let roots = [plan("c", &[&a, &b])];
    let fake = known_to_a_cache(&roots);
    let output = |label: &str| {
        let graph = Graph::new(&roots, &BTreeMap::new()).unwrap();
        let mut schedule = Schedule::new(graph);
        let Ok(()) = schedule.begin(&fake, false);
        fake.answer(&mut schedule);
        let nodes = &schedule.graph.nodes;
        let id = nodes.iter().position(|node| node.kind.label() == label);
        schedule.output(id.unwrap()).unwrap()
    };
    fake.declined.replace([output("c"), output("a")].into());
    let order = fake.run(&roots, &[], &[]);
    assert!(order.contains(&"b from a cache".to_owned()), "{order:?}");
    assert!(order.contains(&"a".to_owned()), "{order:?}");
    assert_eq!(order.last().map(String::as_str), Some("c"));
}

/// A store of hashes, and how many times it was asked whether something is recorded.
#[derive(Default)]
struct Counting(Fake, RefCell<usize>);

impl Facts for Counting {
    type Error = std::convert::Infallible;

    fn recorded(&self, hash: &PlanHash) -> Result<Option<Object>, Self::Error> {
        *self.1.borrow_mut() += 1;
        self.0.recorded(hash)
    }

    fn present(&self, object: &Object) -> Result<bool, Self::Error> {
        self.0.present(object)
    }

    fn literal(&self, literal: &Literal, user: &Plan) -> Result<Object, Self::Error> {
        self.0.literal(literal, user)
    }

    fn has_others(&self) -> bool {
        self.0.has_others()
    }

    fn place(&self, _: &Resolved) -> Place {
        Place::Here
    }
}

#[test]
fn a_plan_is_looked_up_once_however_many_inputs_it_waits_for() {
    let parts: Vec<Plan> = (0..50).map(|n| plan(&format!("part{n}"), &[])).collect();
    let roots = [plan("top", &parts.iter().collect::<Vec<_>>())];
    let facts = Counting::default();
    let mut schedule = Schedule::new(Graph::new(&roots, &BTreeMap::new()).unwrap());
    let Ok(()) = schedule.begin(&facts, false);
    while let Some(id) = schedule.take(Lane::Work) {
        let output = Object::Tree(Hash::of(format!("{id}")));
        let Ok(()) = schedule.ended(&facts, id, Ended::Made(output, Place::Here));
    }
    assert_eq!(*facts.1.borrow(), 51);
}

#[test]
fn a_failed_plan_fails_all_its_definitions_and_is_not_run_again() {
    let late = plan("same", &[]);
    let roots = [plan("same", &[]), plan("same", &[]), plan("user", &[&late])];
    assert_eq!(Fake::default().run(&roots, &[], &["same"]), ["same"]);
}

/// Every plan is recorded with one output, which a cache seems to have, and whose bytes are gone.
struct Recorded<'a>(&'a Fake, Object);
impl Facts for Recorded<'_> {
    type Error = std::convert::Infallible;

    fn recorded(&self, _: &PlanHash) -> Result<Option<Object>, Self::Error> {
        Ok(Some(self.1))
    }

    fn present(&self, object: &Object) -> Result<bool, Self::Error> {
        self.0.present(object)
    }

    fn literal(&self, literal: &Literal, user: &Plan) -> Result<Object, Self::Error> {
        self.0.literal(literal, user)
    }

    fn has_others(&self) -> bool {
        true
    }

    fn place(&self, _: &Resolved) -> Place {
        Place::Here
    }
}

#[test]
fn what_waits_for_the_same_plan_as_its_own_input_does_not_wait_for_ever() {
    // `outer` resolves to the very plan that its input is; a cache was to have it, and has not.
    let inner = plan("x", &[]);
    let empty = Plan::named(Name::new("same").unwrap());
    let merge = |of: Artifact| {
        let at = AbsPath::root();
        Action::Merge(Merge {
            inputs: vec![Input { at, of }],
        })
    };
    let first = empty.clone().action(merge(Artifact::from(&inner)));
    let second = empty.action(merge(Artifact::from(&first)));
    let roots = [second];
    let fake = Fake::default();
    let object = Object::Tree(Hash::of("x"));
    let mut schedule = Schedule::new(Graph::new(&roots, &BTreeMap::new()).unwrap());
    let facts = Recorded(&fake, object);
    let Ok(()) = schedule.begin(&facts, false);
    let mut steps = 0;
    loop {
        answer(&facts, &mut schedule, |of| *of == object);
        let next = [Lane::Download, Lane::Work].into_iter();
        let mut next = next.filter_map(|lane| Some((schedule.take(lane)?, lane)));
        let Some((id, lane)) = next.next() else { break };
        let is_plan = schedule.plan(id).is_some();
        let ended = match lane {
            Lane::Download if is_plan => Ended::Declined,
            _ if is_plan => Ended::Made(object, Place::Here),
            _ => Ended::Made(schedule.output(id).unwrap(), Place::Here),
        };
        let Ok(()) = schedule.ended(&facts, id, ended);
        steps += 1;
        assert!(steps < 20);
    }
    assert_eq!(schedule.unfinished().count(), 0);
}
