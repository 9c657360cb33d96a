//! Answers hold as long as the records do from which they were made.

use super::*;
use crate::store::gc::Keep;

/// A store with two records, one upon the other, and the plans.
fn recorded(root: &Utf8Path) -> (Store, Resolved, Resolved) {
    let store = Store::open(root).unwrap();
    let below = plan_over(land(&store, "source"));
    let middle = land(&store, "middle");
    store.write_record(&below, &record(middle)).unwrap();
    let top = plan_over(middle);
    store
        .write_record(&top, &record(land(&store, "top")))
        .unwrap();
    (store, below, top)
}

fn question() -> Hash {
    Hash::of("a definition")
}

fn answer(store: &Store) -> Option<Vec<PlanHash>> {
    store.answers().unwrap().get(&question())
}

#[test]
fn an_answer_is_found_again_and_lasts() {
    let (_dir, root) = scratch();
    let (store, below, top) = recorded(&root);
    assert_eq!(answer(&store), None);
    let plans = [top.hash(), below.hash()];
    store.answers().unwrap().note(&question(), &plans);
    assert_eq!(answer(&store), Some(plans.to_vec()));
    drop(store);
    let store = Store::open(&root).unwrap();
    assert_eq!(answer(&store), Some(plans.to_vec()));
    let other = Hash::of("another definition");
    assert_eq!(store.answers().unwrap().get(&other), None);
    // The same once more is no other record.
    let same = record(land(&store, "middle"));
    store.write_record(&below, &same).unwrap();
    assert_eq!(answer(&store), Some(plans.to_vec()));
}

/// Whatever takes a record away, or puts another one in its place, ends the epoch.
#[test]
fn no_answer_outlives_a_record() {
    type Change = fn(&Store, &Resolved, &Resolved);
    let changes: [(&str, Change); 5] = [
        ("a record is dropped", |store, below, _| {
            store.drop_record(&below.hash()).unwrap();
        }),
        ("a plan made something else", |store, below, _| {
            let another = record(land(store, "another"));
            store.write_record(below, &another).unwrap();
        }),
        ("garbage is collected", |store, _, top| {
            let keep = Keep {
                plans: [top.hash()].into(),
                ..Keep::default()
            };
            let garbage = store.garbage(&keep).unwrap();
            store.collect(&garbage).unwrap();
        }),
        ("a record is damaged", |store, below, _| {
            std::fs::write(store.record_path(&below.hash()), "torn").unwrap();
            let damages = store.verify(&|_| {}).unwrap().damages;
            store.remove_damaged(&damages).unwrap();
        }),
        ("an object is damaged", |store, _, top| {
            let Some(Record { output, .. }) = store.record(&top.hash()).unwrap() else {
                panic!("it was recorded");
            };
            std::fs::write(store.path(&output).join("file"), "flipped").unwrap();
            let damages = store.verify(&|_| {}).unwrap().damages;
            store.remove_damaged(&damages).unwrap();
        }),
    ];
    for (what, change) in changes {
        let (_dir, root) = scratch();
        let (store, below, top) = recorded(&root);
        let before = store.answers().unwrap();
        before.note(&question(), &[top.hash()]);
        change(&store, &below, &top);
        assert_eq!(answer(&store), None, "{what}");
        // What somebody has found out from records that are gone reaches nobody.
        before.note(&question(), &[top.hash()]);
        assert_eq!(answer(&store), None, "{what}, and noted late");
        let files = std::fs::read_dir(root.join("answers")).unwrap().count();
        assert!(files <= 2, "{what}: old answers are left");
    }
}

#[test]
fn an_answer_that_cannot_be_read_is_none() {
    let (_dir, root) = scratch();
    let (store, _, top) = recorded(&root);
    let answers = store.answers().unwrap();
    answers.note(&question(), &[top.hash()]);
    let names = gc::names(&root.join("answers")).unwrap();
    let name = names.iter().find(|name| *name != "epoch").unwrap();
    let path = root.join("answers").join(name);
    let whole = std::fs::read(&path).unwrap();
    for bytes in [
        &whole[..0],
        &whole[..20],
        &whole[..44],
        b"\0\0\0\n",
        b"\xff\n",
    ] {
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(answers.get(&question()), None, "{bytes:?}");
    }
    // A store that cannot be written to has none, and says nothing of it.
    std::fs::remove_dir_all(root.join("answers")).unwrap();
    assert!(store.answers().is_none());
    answers.note(&question(), &[top.hash()]);
}
