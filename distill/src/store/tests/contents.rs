//! What is torn or foreign is never taken for good.

use super::*;
use crate::store::fsck::Damage;

fn hash_of(object: Object) -> Hash {
    match object {
        Object::Tree(hash) => hash,
        Object::Blob(_) => panic!("not a tree"),
    }
}

#[test]
fn a_node_of_another_tree_is_refused() {
    let (_dir, root) = scratch();
    let store = Store::open(&root).unwrap();
    let (one, two) = (land(&store, "one"), land(&store, "two"));
    let (one, two) = (hash_of(one), hash_of(two));
    std::fs::copy(store.node_path(&two), store.node_path(&one)).unwrap();
    let error = store.manifest(&one).unwrap_err();
    assert!(
        matches!(error, StoreError::Node { node, source: Damaged::OtherHash } if node == one),
        "{error}"
    );
    assert!(!store.is_sound(&Object::Tree(one)) && store.is_sound(&Object::Tree(two)));
    let report = store.verify(&|_| {}).unwrap();
    assert_eq!(report.damages, [Damage::Incomplete(one), Damage::Node(one)]);
}

#[test]
fn a_torn_node_is_refused() {
    let (_dir, root) = scratch();
    let store = Store::open(&root).unwrap();
    let object = land(&store, "one");
    let hash = hash_of(object);
    // The header without entries is a node, too: of an empty directory.
    let empty = crate::plan::tree::Directory::new().encode();
    std::fs::write(store.node_path(&hash), empty).unwrap();
    assert!(store.manifest(&hash).is_err() && !store.is_sound(&object));
}

/// Two trees that have a directory in common, and the hash of its node.
fn land_with_a_shared_directory(store: &Store) -> ([Object; 2], Hash) {
    let land = |own: &str| {
        let dir = store.temp_dir().unwrap();
        std::fs::create_dir(dir.path().join("shared")).unwrap();
        for file in ["shared/file", own] {
            std::fs::write(dir.path().join(file), file).unwrap();
        }
        let anything = crate::plan::PathSet::default();
        let tree = intake::scan(dir.path(), &anything, &intake::NEVER).unwrap();
        store.land_tree(&tree).unwrap()
    };
    let trees = ["one", "two"].map(land);
    let shared = crate::plan::tree::subtree_at(store, &hash_of(trees[0]), "shared");
    (trees, shared.unwrap().unwrap())
}

fn nodes(store: &Store) -> usize {
    store.all_nodes().unwrap().len()
}

#[test]
fn what_is_wrong_with_a_shared_node_is_wrong_with_all_its_trees() {
    for remove in [false, true] {
        let (_dir, root) = scratch();
        let store = Store::open(&root).unwrap();
        let (trees, shared) = land_with_a_shared_directory(&store);
        assert_eq!(nodes(&store), 3);
        let path = store.node_path(&shared);
        if remove {
            std::fs::remove_file(&path).unwrap();
        } else {
            std::fs::write(&path, "torn").unwrap();
        }
        let report = store.verify(&|_| {}).unwrap();
        let mut expected: Vec<_> = trees.map(|tree| Damage::Incomplete(hash_of(tree))).into();
        expected.extend((!remove).then_some(Damage::Node(shared)));
        expected.sort();
        assert_eq!(report.damages, expected);
        store.remove_damaged(&report.damages).unwrap();
        assert!(trees.iter().all(|tree| !store.has(tree)));
        assert_eq!(land_with_a_shared_directory(&store), (trees, shared));
        assert_eq!(store.verify(&|_| {}).unwrap().damages, []);
    }
}

/// A tree that a recovery does not look at may need a node that is found to be damaged.
#[test]
fn a_damaged_node_is_looked_for_in_trees_that_are_trusted() {
    let (_dir, root) = scratch();
    let store = Store::open(&root).unwrap();
    let (trees, shared) = land_with_a_shared_directory(&store);
    std::fs::write(store.node_path(&shared), "torn").unwrap();
    let report = store.examine_all(&|_| false, &|_| {}).unwrap();
    assert_eq!(report.damages.len(), 1 + trees.len());
}

#[test]
fn nodes_go_with_the_last_tree_that_needs_them() {
    let (_dir, root) = scratch();
    let store = Store::open(&root).unwrap();
    let (trees, _) = land_with_a_shared_directory(&store);
    for (kept, left) in [(&trees[..], 3), (&trees[..1], 2), (&[], 0)] {
        let objects = kept.iter().copied().collect();
        let keep = crate::store::gc::Keep {
            objects,
            ..Default::default()
        };
        store.collect(&store.garbage(&keep).unwrap()).unwrap();
        assert_eq!(nodes(&store), left);
        assert_eq!(store.verify(&|_| {}).unwrap().damages, []);
        assert!(kept.iter().all(|tree| store.is_sound(tree)));
    }
}

#[test]
fn a_plan_of_another_hash_is_refused() {
    let (_dir, root) = scratch();
    let store = Store::open(&root).unwrap();
    let (one, two) = (
        plan_over(land(&store, "one")),
        plan_over(land(&store, "two")),
    );
    for plan in [&one, &two] {
        store.write_plan(plan).unwrap();
    }
    std::fs::copy(store.plan_path(&two.hash()), store.plan_path(&one.hash())).unwrap();
    let error = store.plan(&one.hash()).unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::Plan {
                source: Damaged::OtherHash,
                ..
            }
        ),
        "{error}"
    );
    let report = store.verify(&|_| {}).unwrap();
    assert_eq!(report.damages, [Damage::Plan(one.hash())]);
}

#[test]
fn a_record_or_root_of_another_plan_counts_as_none() {
    let (_dir, root) = scratch();
    let store = Store::open(&root).unwrap();
    let (a, b) = (land(&store, "one"), land(&store, "two"));
    let (one, two) = (plan_over(a), plan_over(b));
    store.write_record(&one, &record(a)).unwrap();
    store.write_record(&two, &record(b)).unwrap();
    let path = |plan: &Resolved| store.record_path(&plan.hash());
    std::fs::copy(path(&two), path(&one)).unwrap();
    assert_eq!(store.record(&one.hash()).unwrap(), None);
    let report = store.verify(&|_| {}).unwrap();
    assert_eq!(report.damages, [Damage::Record(one.hash())]);
    let noted = Root::now("two", two.hash(), b);
    store.note_root(&noted).unwrap();
    let path = |plan: &Resolved| root.join("roots").join(plan.hash().to_string());
    std::fs::copy(path(&two), path(&one)).unwrap();
    assert_eq!(store.root_of(&one.hash()).unwrap(), None);
    assert_eq!(store.roots().unwrap(), [noted]);
}

#[test]
fn looking_changes_nothing_and_misses_nothing() {
    type Spoil = fn(&Utf8Path);
    let spoils: [(&str, Spoil); 6] = [
        ("bytes", |tree| {
            std::fs::write(tree.join("file"), "HELLO").unwrap();
        }),
        ("size", |tree| {
            std::fs::write(tree.join("file"), "").unwrap();
        }),
        ("one more", |tree| {
            std::fs::write(tree.join("more"), "").unwrap();
        }),
        ("one less", |tree| {
            std::fs::remove_file(tree.join("file")).unwrap();
        }),
        ("mode", |tree| {
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            std::fs::set_permissions(tree.join("file"), mode).unwrap();
        }),
        ("time", |tree| {
            let file = std::fs::File::open(tree.join("file")).unwrap();
            file.set_modified(std::time::SystemTime::now()).unwrap();
        }),
    ];
    for (name, spoil) in spoils {
        let (_dir, root) = scratch();
        let store = Store::open(&root).unwrap();
        let object = land(&store, "hello");
        let before = synced::identity(&store.path(&object));
        assert!(store.is_sound(&object), "{name}");
        assert_eq!(synced::identity(&store.path(&object)), before);
        spoil(&store.path(&object));
        assert!(!store.is_sound(&object), "{name}");
    }
}

#[test]
fn damage_goes_with_all_that_vouches_for_it() {
    let (_dir, root) = scratch();
    let store = Store::open(&root).unwrap();
    let objects: Vec<Object> = (0..20).map(|n| land(&store, &n.to_string())).collect();
    for object in &objects {
        store
            .write_record(&plan_over(*object), &record(*object))
            .unwrap();
    }
    for object in &objects[..10] {
        std::fs::write(store.path(object).join("file"), "damaged").unwrap();
    }
    store.drop_object(&objects[19]).unwrap();
    let report = store.verify(&|_| {}).unwrap();
    assert_eq!(report.damages.len(), 11);
    let unfounded = Damage::Unfounded(plan_over(objects[19]).hash());
    assert!(report.damages.contains(&unfounded));
    store.remove_damaged(&report.damages).unwrap();
    assert_eq!(store.objects().unwrap().len(), 9);
    assert_eq!(store.records().unwrap().len(), 9);
    assert_eq!(store.verify(&|_| {}).unwrap().damages, []);
}
