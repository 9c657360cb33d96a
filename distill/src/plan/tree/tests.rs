use super::*;

fn path(text: &str) -> RelPath {
    RelPath::new(text).unwrap()
}

fn file(text: &str) -> Node {
    Node::File {
        mode: Mode::FILE,
        size: text.len() as u64,
        hash: Hash::of(text),
    }
}

fn tree(files: &[(&str, &str)]) -> Tree {
    let mut tree = Tree::new();
    for (at, text) in files {
        tree.insert(path(at), file(text)).unwrap();
    }
    tree
}

#[test]
fn manifest_is_golden() {
    let mut tree = tree(&[("usr/share/x", "hello\n")]);
    tree.insert(
        path("bin"),
        Node::Symlink {
            target: "usr/bin".to_owned(),
        },
    )
    .unwrap();
    insta::assert_snapshot!(String::from_utf8(tree.encode()).unwrap());
    insta::assert_snapshot!(tree.hash().to_string(), @"xxu_yQt2Qx0ZUWHSbNOWBT2yAbMQkK3GdHM7Gfme7Ek=");
}

#[test]
fn decodes_only_what_it_encodes() {
    let tree = tree(&[("a/b", "1"), ("c", "2")]);
    let text = String::from_utf8(tree.encode()).unwrap();
    assert_eq!(Tree::decode(text.as_bytes()).unwrap(), tree);
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    lines.swap(1, 2);
    assert!(Tree::decode(lines.concat().as_bytes()).is_err(), "unsorted");
    assert!(Tree::decode(text.trim_end().as_bytes()).is_err(), "cut");
    assert!(
        Tree::decode(text.replace(":1}", ":2}").as_bytes()).is_err(),
        "another version"
    );
}

#[test]
fn merge_names_both_inputs() {
    let (a, b) = (
        tree(&[("usr/bin/x", "1")]),
        tree(&[("usr/bin/x", "1"), ("usr/y", "2")]),
    );
    let error = Tree::merge([("one", &a), ("two", &b)]).unwrap_err();
    assert_eq!(
        (error.path.as_str(), &*error.first, &*error.second),
        ("usr/bin/x", "one", "two")
    );
    let c = tree(&[("usr/z", "3")]);
    assert_eq!(Tree::merge([("a", &a), ("c", &c)]).unwrap().len(), 4);
    let above = tree(&[("usr", "a file")]);
    assert!(Tree::merge([("above", &above), ("a", &a)]).is_err());
    assert!(Tree::merge([("a", &a), ("above", &above)]).is_err());
}

#[test]
fn fill_replaces_nothing() {
    let (a, b) = (
        tree(&[("bin/x", "1"), ("lib", "a file")]),
        tree(&[("bin/x", "2"), ("bin/y", "3"), ("lib/z", "4")]),
    );
    let filled = a.filled(&b);
    assert_eq!(
        filled,
        tree(&[("bin/x", "1"), ("bin/y", "3"), ("lib", "a file")])
    );
}

#[test]
fn pick_keeps_parents() {
    let tree = tree(&[
        ("usr/lib/z.a", "1"),
        ("usr/lib/z.la", "2"),
        ("usr/bin/z", "3"),
    ]);
    let set = |patterns: &[&str]| PathSet::new(patterns.iter().copied()).unwrap();
    let picked = tree.pick(&set(&["usr/lib"]), &set(&["**/*.la"]));
    let paths: Vec<&str> = picked.paths().map(RelPath::as_str).collect();
    assert_eq!(paths, ["usr", "usr/lib", "usr/lib/z.a"]);
}

#[test]
fn moves_and_differences() {
    let old = tree(&[("a", "1"), ("b", "2")]);
    let moved = old.below(&path("x/y"));
    assert_eq!(moved.inside(&path("x/y")), old);
    let new = tree(&[("a", "changed"), ("c", "3")]);
    let changed: Vec<String> = old.diff(&new).iter().map(|c| c.path.to_string()).collect();
    assert_eq!(changed, ["a", "b", "c"]);
}

/// Only such manifests are read as a tree could have written: nothing lies below a link, a file, or a
/// directory that is not listed.
#[test]
fn refuses_manifests_with_entries_below_no_directory() {
    let link = Node::Symlink {
        target: "/etc".to_owned(),
    };
    let line = |at: &str, node: &Node| {
        let node = serde_json::to_string(node).unwrap();
        format!("{{\"path\":\"{at}\",\"node\":{node}}}\n")
    };
    let decoded = |above: Option<&Node>| {
        let above = above.map_or(String::new(), |node| line("a", node));
        let text = format!("{HEADER}{above}{}", line("a/b", &file("x")));
        Tree::decode(text.as_bytes())
    };
    assert_eq!(decoded(Some(&Node::DIR)).unwrap().len(), 2);
    for above in [None, Some(&link), Some(&file("y"))] {
        assert!(decoded(above).is_err(), "{above:?}");
    }
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn any_tree()(files in proptest::collection::vec(("[a-c]{1,2}(/[a-c]{1,2}){0,3}", ".{0,8}"), 0..20)) -> Tree {
            let mut tree = Tree::new();
            for (at, text) in files {
                // What would not fit is simply not there.
                let _ = tree.insert(path(&at), file(&text));
            }
            tree
        }
    }

    proptest! {
        #[test]
        fn encoding_round_trips(tree in any_tree()) {
            prop_assert_eq!(Tree::decode(&tree.encode()).unwrap(), tree);
        }

        #[test]
        fn diff_of_equals_is_empty(tree in any_tree()) {
            prop_assert!(tree.diff(&tree).is_empty());
        }
    }
}
