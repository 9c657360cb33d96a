mod answers;
mod contents;
mod power;
mod records;
mod sharing;

use super::*;
use crate::plan::{
    Action, Digest, Hash, Literal, LiteralNode, Merge, Mode, Node, RelPath, Resolved,
};

fn scratch() -> (tempfile::TempDir, Utf8PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let root = Utf8PathBuf::from_path_buf(dir.path().join("store")).unwrap();
    (dir, root)
}

impl Store {
    /// Ends as a process does that is killed, as far as a power cut is concerned.
    fn kill(self) {
        self.journal.abandon();
    }
}

fn land(store: &Store, text: &str) -> Object {
    let dir = store.temp_dir().unwrap();
    std::fs::write(dir.path().join("file"), text).unwrap();
    let anything = crate::plan::PathSet::default();
    let tree = intake::scan(dir.path(), &anything, &intake::NEVER).unwrap();
    store.land_tree(&tree).unwrap()
}

fn land_file(store: &Store, text: &str) -> Object {
    store.land_blob(&hashed(store, text)).unwrap()
}

fn hashed(store: &Store, text: &str) -> intake::HashedFile {
    let path = store.temp_path();
    std::fs::write(&path, text).unwrap();
    let hasher = Digest::from(Hash::of("")).hasher();
    intake::HashedFile::hash(path, hasher, &intake::NEVER).unwrap()
}

fn record(output: Object) -> Record {
    Record {
        label: "x".into(),
        output,
        provenance: Provenance::Here,
        finished: 1,
        usage: Usage::default(),
        machine: "here".into(),
        distill: "0".into(),
    }
}

#[test]
fn refuses_another_version_and_other_directories() {
    let (_dir, root) = scratch();
    drop(Store::open(&root).unwrap());
    std::fs::write(root.join("version"), "distill-store 99\n").unwrap();
    assert!(matches!(
        Store::open(&root),
        Err(StoreError::Version { .. })
    ));
    let (dir, _) = scratch();
    std::fs::write(dir.path().join("precious"), "x").unwrap();
    let other = Utf8Path::from_path(dir.path()).unwrap();
    assert!(matches!(
        Store::open(other),
        Err(StoreError::NotAStore { .. })
    ));
}

#[test]
fn several_programs_may_begin_at_once() {
    for _ in 0..20 {
        let (_dir, root) = scratch();
        let start = std::sync::Barrier::new(8);
        std::thread::scope(|scope| {
            let open = || {
                start.wait();
                Store::open(&root).map(drop)
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            for thread in threads {
                thread.join().unwrap().unwrap();
            }
        });
        assert!(!root.join("version.new").exists());
    }
}

#[test]
fn a_tree_lands_once_and_is_found_again() {
    let (_dir, root) = scratch();
    let store = Store::open(&root).unwrap();
    let object = land(&store, "hello");
    assert_eq!(land(&store, "hello"), object);
    assert!(store.has(&object) && store.is_sound(&object));
    let Object::Tree(hash) = object else {
        panic!("not a tree")
    };
    let node = store.manifest(&hash).unwrap().get("file").cloned().unwrap();
    assert!(matches!(node, Node::File { size: 5, .. }));
    store.drop_object(&object).unwrap();
    assert!(!store.has(&object));
}

#[test]
fn a_record_leads_both_ways() {
    let (_dir, root) = scratch();
    let store = Store::open(&root).unwrap();
    let object = land(&store, "x");
    let plan = Resolved::new(Action::Merge(Merge { inputs: Vec::new() }));
    assert_eq!(store.record(&plan.hash()).unwrap(), None);
    store.write_record(&plan, &record(object)).unwrap();
    assert_eq!(store.record(&plan.hash()).unwrap().unwrap(), record(object));
    assert_eq!(
        store.makers(&object).unwrap(),
        [plan.hash()].into_iter().collect()
    );
    assert_eq!(store.plan(&plan.hash()).unwrap().unwrap(), plan);
    let prefix = plan.hash().to_string()[..6].to_owned();
    assert_eq!(store.plans(&prefix).unwrap(), [plan.hash()]);
    // A record that was torn counts as none.
    std::fs::write(store.record_path(&plan.hash()), "").unwrap();
    assert_eq!(store.record(&plan.hash()).unwrap(), None);
}

#[test]
fn a_plan_of_another_version_is_no_damage_and_says_what_it_is() {
    let (_dir, root) = scratch();
    let store = Store::open(&root).unwrap();
    let bytes = br#"{"distill-plan":2,"version":99,"action":{"unpack":{"new":"field"}}}"#;
    let plan = PlanHash(Hash::of(bytes));
    std::fs::write(store.plan_path(&plan), bytes).unwrap();
    assert_eq!(store.verify(&|_| {}).unwrap().damages, []);
    let error = store.plan(&plan).unwrap_err();
    assert!(matches!(error, StoreError::Foreign { .. }), "{error}");
    std::fs::write(store.plan_path(&plan), &bytes[1..]).unwrap();
    let damages = store.verify(&|_| {}).unwrap().damages;
    assert_eq!(damages, [fsck::Damage::Plan(plan)]);
    let error = store.plan(&plan).unwrap_err();
    assert!(matches!(error, StoreError::Plan { .. }), "{error}");
}

#[test]
fn what_a_dead_process_left_is_swept_and_what_a_living_one_has_is_not() {
    let (_dir, root) = scratch();
    let living = Store::open(&root).unwrap();
    let temp = living.temp_dir().unwrap();
    let dead = root.join("tmp/run-0-0");
    std::fs::create_dir_all(dead.join("half/built")).unwrap();
    std::fs::write(root.join("tmp/run-0-0.lock"), "").unwrap();
    let _second = Store::open(&root).unwrap();
    assert!(!dead.exists());
    assert!(temp.path().exists());
}

#[test]
fn a_plan_is_locked_by_one() {
    let (_dir, root) = scratch();
    let (one, two) = (Store::open(&root).unwrap(), Store::open(&root).unwrap());
    let plan = Resolved::new(Action::Merge(Merge { inputs: Vec::new() })).hash();
    let lock = one
        .lock(&plan, || panic!("nobody holds it"), || false)
        .unwrap();
    let said = std::cell::Cell::new(false);
    assert!(
        two.lock(&plan, || said.set(true), || said.get())
            .unwrap()
            .is_none()
    );
    assert!(said.get());
    drop(lock);
    assert!(
        two.lock(&plan, || panic!("nobody holds it"), || false)
            .unwrap()
            .is_some()
    );
}

#[test]
fn logs_are_read_back_even_when_cut() {
    use std::io::Write as _;
    let (_dir, root) = scratch();
    let store = Store::open(&root).unwrap();
    let plan = Resolved::new(Action::Merge(Merge { inputs: Vec::new() })).hash();
    let mut log = store.begin_log(&plan).unwrap();
    log.write_all(b"first line\n").unwrap();
    log.flush().unwrap();
    let path = log.path().to_owned();
    assert_eq!(read_log(&path).unwrap(), b"first line\n");
    log.write_all(b"second line\n").unwrap();
    log.finish().unwrap();
    assert_eq!(read_log(&path).unwrap(), b"first line\nsecond line\n");
    assert_eq!(store.logs(&plan).unwrap(), [path]);
}

#[test]
fn a_tree_of_any_mode_can_be_removed() {
    let (_dir, root) = scratch();
    let store = Store::open(&root).unwrap();
    let dir = store.temp_dir().unwrap();
    let nodes = [
        (
            "locked",
            LiteralNode::Dir {
                mode: Mode::new(0o555),
            },
        ),
        (
            "locked/in",
            LiteralNode::File {
                mode: None,
                contents: "".into(),
            },
        ),
    ];
    let nodes = nodes.map(|(path, node)| (RelPath::new(path).unwrap(), node));
    let tree = intake::write_literal(dir.path(), &Literal(nodes.into())).unwrap();
    let object = store.land_tree(&tree).unwrap();
    assert!(store.is_sound(&object));
    store.drop_object(&object).unwrap();
    assert!(!store.has(&object));
}

#[test]
fn a_blob_lands_as_the_file_that_was_hashed() {
    let (_dir, root) = scratch();
    let store = Store::open(&root).unwrap();
    let object = store.land_blob(&hashed(&store, "text")).unwrap();
    assert_eq!(object, Object::Blob(Hash::of("text").into()));
    assert!(store.is_sound(&object));
    // Something else comes to lie where the file was.
    let other = hashed(&store, "other");
    std::fs::remove_file(other.path()).unwrap();
    std::fs::write(other.path(), "evil").unwrap();
    let error = store.land_blob(&other).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot move `{}`", other.path()));
    assert!(!store.has(&Object::Blob(Hash::of("other").into())));
}

/// A plan that only says that it needs `object`.
fn plan_over(object: Object) -> Resolved {
    let input = crate::plan::Input {
        at: crate::plan::AbsPath::root(),
        of: object,
    };
    Resolved::new(Action::Merge(Merge {
        inputs: vec![input],
    }))
}
