//! Trees of the store that are only looked at.

use super::*;

fn stored(place: &Place) -> (Utf8PathBuf, Tree) {
    let dir = place.with("stored", &[("d/a", "one"), ("d/b", "two")]);
    std::os::unix::fs::symlink("a", dir.join("d/link")).unwrap();
    let tree = scan(&dir, &PathSet::default(), &NEVER).unwrap();
    (dir, tree.into_manifest())
}

#[test]
fn what_was_taken_in_is_found_as_it_is() {
    let place = Place::new();
    let (dir, tree) = stored(&place);
    chmod(&dir.join("d"), 0o555);
    let mut expected = tree.clone();
    expected = expected.filter(|path| path.as_str() != "d");
    let mut shut = Tree::new();
    let mode = Mode::new(0o555);
    shut.insert(path("d"), Node::Dir { mode }).unwrap();
    for (path, node) in expected.iter().filter(|(path, _)| path.as_str() != "d") {
        shut.insert(path.clone(), node.clone()).unwrap();
    }
    assert_eq!(verify_tree(&dir, &NEVER).unwrap(), shut);
    assert_eq!(mode_of(&dir.join("d")), 0o555, "to look changes nothing");
}

/// What `scan` would have changed has come later.
#[test]
fn what_was_changed_since_is_damage() {
    let harms: [(&str, fn(&Utf8Path) -> bool); 4] = [
        ("a second name", |dir| {
            fs::hard_link(dir.join("d/a"), dir.with_extension("other")).is_ok()
        }),
        ("a time", |dir| {
            let file = fs::File::options().write(true).open(dir.join("d/b"));
            file.unwrap()
                .set_modified(std::time::SystemTime::now())
                .is_ok()
        }),
        ("attributes of a file", |dir| {
            give_attributes(&dir.join("d/a"))
        }),
        ("attributes of the root", give_attributes),
    ];
    for (what, harm) in harms {
        let place = Place::new();
        let (dir, _) = stored(&place);
        if !harm(&dir) {
            continue;
        }
        let found = verify_tree(&dir, &NEVER);
        assert!(
            matches!(found, Err(IntakeError::Damaged { .. })),
            "{what}: {found:?}"
        );
    }
}

#[test]
fn a_wish_to_stop_ends_verifying() {
    let place = Place::new();
    let (dir, _) = stored(&place);
    let found = verify_tree(&dir, &AtomicBool::new(true));
    assert!(matches!(found, Err(IntakeError::Stopped)), "{found:?}");
}
