//! What records have to do.

use super::super::{Answer, Provenance, Record, Records, Usage};
use super::read::{Fetch, bytes};
use crate::plan::{AbsPath, Action, Hash, Input, Merge, Object, PlanHash, Resolved};

/// One thing that is expected, tried on an empty backend.
type Check = fn(&dyn Records, Fetch);

pub(super) const CHECKS: [Check; 6] = [
    has_a_name,
    knows_nothing_at_first,
    gives_what_was_written,
    answers_for_many_at_once,
    believes_what_was_written_last,
    serves_several_threads,
];

fn plan(name: &str) -> Resolved {
    let inputs = vec![Input {
        at: AbsPath::root(),
        of: Object::Tree(Hash::of(name)),
    }];
    Resolved::new(Action::Merge(Merge { inputs }))
}

fn record(output: &str, provenance: Provenance) -> Record {
    Record {
        label: format!("makes {output}"),
        output: Object::Tree(Hash::of(output)),
        provenance,
        finished: 1_700_000_000,
        usage: Usage {
            wall_ms: 5,
            user_ms: 4,
            system_ms: 3,
            max_rss_kib: Some(2),
        },
        machine: "Linux 6.1 x86_64".to_owned(),
        distill: "0.1.0".to_owned(),
    }
}

fn read(answer: Answer, plan: &PlanHash, fetch: Fetch) -> Record {
    match answer {
        Answer::Record(record) => record,
        Answer::Encoded(found) => {
            let bytes = bytes(found, fetch);
            Record::decode(plan, &bytes).expect("it gives what it took")
        }
    }
}

fn look_up(on: &dyn Records, plan: &Resolved, fetch: Fetch) -> Option<Record> {
    let hash = plan.hash();
    let mut known = on.look_up(&[hash]).expect("it answers");
    let answer = known.remove(&hash);
    assert!(known.is_empty(), "it answers what nobody asked: {known:?}");
    answer.map(|answer| read(answer, &hash, fetch))
}

fn has_a_name(on: &dyn Records, _: Fetch) {
    assert!(!on.name().is_empty(), "messages need a name");
}

fn knows_nothing_at_first(on: &dyn Records, fetch: Fetch) {
    assert_eq!(look_up(on, &plan("never run"), fetch), None);
    assert!(on.look_up(&[]).expect("it answers").is_empty());
    on.record(&[]).expect("nothing to write is no error");
}

fn gives_what_was_written(on: &dyn Records, fetch: Fetch) {
    let name = || "of this name".to_owned();
    let all = [
        ("here", Provenance::Here),
        ("elsewhere", Provenance::Elsewhere(name())),
        ("cache", Provenance::Cache(name())),
    ];
    for (text, provenance) in all {
        let (plan, record) = (plan(text), record(text, provenance));
        on.record(&[(&plan, &record)]).expect("it takes records");
        assert_eq!(look_up(on, &plan, fetch), Some(record));
    }
}

fn answers_for_many_at_once(on: &dyn Records, fetch: Fetch) {
    let plans: Vec<Resolved> = (0..700).map(|number| plan(&number.to_string())).collect();
    let made = |index: usize| record(&index.to_string(), Provenance::Here);
    let records: Vec<Record> = (0..plans.len()).map(made).collect();
    // Every other one.
    let half: Vec<_> = plans.iter().zip(&records).step_by(2).collect();
    on.record(&half).expect("it takes records");
    // In any order, and twice.
    let mut wanted: Vec<PlanHash> = plans.iter().map(Resolved::hash).rev().collect();
    wanted.extend(wanted.clone());
    let mut known = on.look_up(&wanted).expect("it answers");
    for (index, plan) in plans.iter().enumerate() {
        let hash = plan.hash();
        let answer = known.remove(&hash);
        let answer = answer.map(|answer| read(answer, &hash, fetch));
        assert_eq!(answer, (index % 2 == 0).then(|| made(index)));
    }
    assert!(known.is_empty(), "it answers what nobody asked: {known:?}");
}

fn believes_what_was_written_last(on: &dyn Records, fetch: Fetch) {
    let plan = plan("twice");
    for output in ["first", "second"] {
        let record = record(output, Provenance::Here);
        on.record(&[(&plan, &record)]).expect("it takes records");
        assert_eq!(look_up(on, &plan, fetch), Some(record));
    }
}

fn serves_several_threads(on: &dyn Records, fetch: Fetch) {
    let shared = (plan("shared"), record("shared", Provenance::Here));
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let shared = &shared;
            scope.spawn(move || {
                let name = format!("thread {thread}");
                let own = (plan(&name), record(&name, Provenance::Here));
                for (plan, record) in [shared, &own, shared] {
                    on.record(&[(plan, record)]).expect("it takes records");
                    assert_eq!(look_up(on, plan, fetch).as_ref(), Some(record));
                }
            });
        }
    });
}
