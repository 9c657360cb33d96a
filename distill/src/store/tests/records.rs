//! Records: where they come from, and what they keep.

use super::*;
use crate::store::gc::Keep;

#[test]
fn an_object_remembers_all_its_makers() {
    let (_dir, root) = scratch();
    let store = Store::open(&root).unwrap();
    let output = land(&store, "output");
    let plans: Vec<Resolved> = (0..5)
        .map(|n| plan_over(land(&store, &n.to_string())))
        .collect();
    for plan in plans.iter().chain(&plans) {
        store.write_record(plan, &record(output)).unwrap();
    }
    let all = plans.iter().map(Resolved::hash).collect();
    assert_eq!(store.makers(&output).unwrap(), all);
    let lines = std::fs::read_to_string(store.makers_path(&output)).unwrap();
    assert_eq!(lines.lines().count(), 5, "each once");
    // A last line that was torn is not read, and does not spoil the next.
    let path = store.makers_path(&output);
    std::fs::write(&path, &lines[..100]).unwrap();
    store.write_record(&plans[4], &record(output)).unwrap();
    let makers = store.makers(&output).unwrap();
    assert!(makers.contains(&plans[4].hash()) && makers.len() <= 3);
}

/// Two targets come to one object on different ways, and an image that is made of it is kept for the
/// first of them.
#[test]
fn what_is_kept_keeps_all_ways_to_it() {
    let (_dir, root) = scratch();
    let store = Store::open(&root).unwrap();
    let (ours, theirs) = (land(&store, "ours"), land(&store, "theirs"));
    let (shared, image) = (land(&store, "shared"), land(&store, "image"));
    let (first, second) = (plan_over(ours), plan_over(theirs));
    let top = plan_over(shared);
    store.write_record(&first, &record(shared)).unwrap();
    store.write_record(&top, &record(image)).unwrap();
    // The other target's comes last.
    store.write_record(&second, &record(shared)).unwrap();
    let keep = Keep {
        plans: [top.hash()].into(),
        objects: [image].into(),
    };
    let garbage = store.garbage(&keep).unwrap();
    store.collect(&garbage).unwrap();
    let output = |plan: &Resolved| store.record(&plan.hash()).unwrap().map(|r| r.output);
    assert_eq!(output(&first), Some(shared));
    assert_eq!(output(&top), Some(image));
    assert!(store.has(&ours) && store.has(&shared) && store.has(&image));
}

#[test]
fn what_caches_said_can_be_dropped_by_name() {
    let (_dir, root) = scratch();
    let store = Store::open(&root).unwrap();
    let plans: Vec<Resolved> = (0..4)
        .map(|n| plan_over(land(&store, &n.to_string())))
        .collect();
    let from = |name: &str| Provenance::Cache(name.to_owned());
    let origins = [Provenance::Here, from("a"), from("b"), from("a")];
    for (plan, provenance) in plans.iter().zip(origins) {
        let record = Record {
            provenance,
            // Nobody has its bytes: that is no damage of what was not made here.
            ..record(Object::Tree(Hash::of(plan.encode())))
        };
        store.write_record(plan, &record).unwrap();
    }
    assert_eq!(store.told_by(Some("a")).unwrap().len(), 2);
    assert_eq!(store.told_by(Some("c")).unwrap().len(), 0);
    let all = store.told_by(None).unwrap();
    assert_eq!(all.len(), 3);
    let report = store.verify(&|_| {}).unwrap();
    assert_eq!((report.told_by_caches, report.damages.len()), (3, 1));
    for plan in all {
        store.drop_record(&plan).unwrap();
    }
    assert_eq!(store.told_by(None).unwrap(), []);
    assert_eq!(store.records().unwrap(), [plans[0].hash()]);
}

#[test]
fn it_is_what_a_backend_has_to_be() {
    let (_dir, root) = scratch();
    let count = std::cell::Cell::new(0);
    let make = || {
        count.set(count.get() + 1);
        Store::open(&root.with_file_name(count.get().to_string())).unwrap()
    };
    crate::objects::conformance::contents(make);
    crate::objects::conformance::records(make);
}
