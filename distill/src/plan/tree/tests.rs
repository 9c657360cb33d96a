use super::*;
use crate::plan::glob::PathSet;
use crate::plan::mode::Mode;

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

fn set(patterns: &[&str]) -> PathSet {
    PathSet::new(patterns.iter().copied()).unwrap()
}

/// Nodes in memory, which count how often they are asked.
#[derive(Default)]
struct Counting {
    nodes: Memory,
    read: std::cell::Cell<usize>,
}

impl Counting {
    fn of(trees: &[&Tree]) -> Counting {
        let mut counting = Counting::default();
        for tree in trees {
            for (hash, directory) in tree.directories() {
                assert_eq!(counting.nodes.put(directory), hash);
            }
        }
        counting
    }
}

impl Nodes for Counting {
    type Error = MissingNode;

    fn node(&self, hash: &Hash) -> Result<std::sync::Arc<Directory>, MissingNode> {
        self.read.set(self.read.get() + 1);
        self.nodes.node(hash)
    }
}

/// The format to the byte: whoever changes it makes every tree another one.
#[test]
fn nodes_are_golden() {
    let mut tree = tree(&[("usr/share/x", "hello\n")]);
    let target = "usr/bin".to_owned();
    tree.insert(path("bin"), Node::Symlink { target }).unwrap();
    let mode = Mode::new(0o1777);
    tree.insert(path("usr/tmp"), Node::Dir { mode }).unwrap();
    let mut text = String::new();
    for (hash, directory) in tree.directories() {
        use std::fmt::Write as _;
        writeln!(text, "{hash}").unwrap();
        for line in directory.encode().chunks(24) {
            let hex: String = line.iter().map(|byte| format!("{byte:02x}")).collect();
            let is_plain = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
            let plain = line.iter().map(|byte| {
                if is_plain(byte) {
                    char::from(*byte)
                } else {
                    '.'
                }
            });
            writeln!(text, "  {hex:48} {}", plain.collect::<String>()).unwrap();
        }
    }
    insta::assert_snapshot!(text, @r#"
    VOAHQofAhAyA5mucIDB6gomWHc3CvoDINfYln5ZObes=
      64697374696c6c2d6469726563746f727920310a         distill-directory 1.
    2btDzn5UgZaW4bLopvxFfSGk8vfAuLK68pYxv6sHat4=
      64697374696c6c2d6469726563746f727920310a66010078 distill-directory 1.f..x
      a401060000000000000093becc6e9882211c3ec3708c95bc .............n..!.>.p...
      d69baab7bb59c7f4bc84ce637b88a534b783             .....Y.....c{..4..
    BuckhWSl7CIAYTFiVD6vnjrv_4r3o_T--DWZGB70FDA=
      64697374696c6c2d6469726563746f727920310a64050073 distill-directory 1.d..s
      68617265ed01d9bb43ce7e54819696e1b2e8a6fc457d21a4 hare....C.~T........E}!.
      f2f7c0b8b2baf29631bfab076ade640300746d70ff0354e0 ........1...j.d..tmp..T.
      074287c0840c80e66b9c20307a8289961dcdc2be80c835f6 .B......k. 0z.........5.
      259f964e6deb                                     %..Nm.
    ArpBUcsuJLrXPd3JQ6NPFkNz8YJOVdVAyqOYG_3uU5A=
      64697374696c6c2d6469726563746f727920310a6c030062 distill-directory 1.l..b
      696e070000007573722f62696e640300757372ed0106e724 in....usr/bind..usr....$
      8564a5ec2200613162543eaf9e3aefff8af7a3f4fef83599 .d..".a1bT>..:........5.
      181ef41430                                       ....0
    "#);
    assert_eq!(Hash::of("distill-directory 1\n"), Tree::new().hash());
}

/// Whether two directories share a node must not depend on the order in which they were made, and a
/// directory's own mode is not in its node.
#[test]
fn equal_directories_are_one_node() {
    let mut tree = tree(&[("a/x", "1"), ("b/x", "1"), ("c/a/x", "1")]);
    let mode = Mode::new(0o700);
    tree.0.insert(path("b"), Node::Dir { mode });
    let nodes = tree.directories();
    assert_eq!(nodes.len(), 3, "{nodes:?}");
    assert_eq!(nodes.last().unwrap().0, tree.hash());
}

#[test]
fn only_what_would_be_written_is_read() {
    let sample = tree(&[("a-file", "1"), ("b-file", "2"), ("d/x", "3")]);
    let (_, top) = sample.directories().pop().unwrap();
    let bytes = top.encode();
    assert_eq!(Directory::decode(&bytes), Ok(top));
    let said = |bytes: &[u8]| Directory::decode(bytes).unwrap_err().to_string();
    for cut in 0..bytes.len() {
        let is_whole = Directory::decode(&bytes[..cut]).is_ok();
        // Between two entries it may end.
        assert_eq!(is_whole, [20, 71, 122].contains(&cut), "{cut}");
    }
    let at = "cannot read a directory's node, at byte ";
    assert_eq!(said(b"x"), format!("{at}0: it is cut short"));
    assert_eq!(
        said(b"distill-directory 2\n"),
        format!("{at}0: it has another header")
    );
    let mut other = bytes.clone();
    other[23] = b'c';
    assert_eq!(said(&other), format!("{at}71: its names are not in order"));
    other[23] = b'/';
    assert_eq!(
        said(&other),
        format!("{at}20: what should be a name is none")
    );
    other[23] = 0xff;
    assert_eq!(said(&other), format!("{at}23: a text is not UTF-8"));
    let mut other = bytes.clone();
    other[20] = b'x';
    assert_eq!(
        said(&other),
        format!("{at}20: an entry is of an unknown kind")
    );
    let mut other = bytes;
    other[30] = 0x10;
    assert_eq!(
        said(&other),
        format!("{at}29: permission bits are more than 07777")
    );
    let link = |target: &[u8]| [b"distill-directory 1\nl\x01\0x\x02\0\0\0", target].concat();
    assert!(Directory::decode(&link(b"/x")).is_ok());
    assert_eq!(
        said(&link(b"/\0")),
        format!("{at}20: a link's target holds a NUL byte")
    );
}

/// A tree of 100 × 800 files: what is done to it must not read or make nodes of what stays the same.
#[test]
fn one_change_costs_its_path() {
    let mut large = Tree::new();
    for number in 0..80_000 {
        let at = format!("src/d{}/f{}", number / 800, number % 800);
        large.0.insert(path(&at), file(&at));
    }
    large.0.insert(path("src"), Node::DIR);
    for number in 0..100 {
        large.0.insert(path(&format!("src/d{number}")), Node::DIR);
    }
    let mut changed = large.clone();
    changed.0.insert(path("src/d7/f7"), file("another"));
    let before: std::collections::HashSet<_> = large
        .directories()
        .into_iter()
        .map(|(hash, _)| hash)
        .collect();
    let is_new = |(hash, _): &(Hash, Directory)| !before.contains(hash);
    let new: Vec<_> = changed.directories().into_iter().filter(is_new).collect();
    assert_eq!((before.len(), new.len()), (102, 3));

    let patch = tree(&[("src/d7/added", "x")]);
    let nodes = Counting::of(&[&large, &changed, &patch]);
    let reads = |work: &dyn Fn(&Workbench<'_, Counting>)| {
        nodes.read.set(0);
        work(&Workbench::over(&nodes));
        nodes.read.get()
    };
    let (old, new, patch) = (large.hash(), changed.hash(), patch.hash());
    assert_eq!(
        reads(&|nodes| assert_eq!(diff(nodes, &old, &new).unwrap().len(), 1)),
        6
    );
    assert_eq!(
        reads(&|nodes| {
            merge(nodes, &[("a", old), ("b", patch)]).unwrap();
        }),
        6
    );
    let filled = reads(&|nodes| {
        fill(nodes, old, patch).unwrap();
    });
    assert_eq!(filled, 6);
    let picked = |include: &'static str| {
        move |nodes: &Workbench<'_, Counting>| {
            let picked = pick(nodes, old, &set(&[include]), &set(&["src/d7/f7"])).unwrap();
            assert!(picked.unmatched.is_empty(), "{picked:?}");
        }
    };
    assert_eq!(reads(&picked("src/d3")), 2, "all of a directory");
    assert_eq!(reads(&picked("src/d3/f1")), 3, "a file");
    assert_eq!(reads(&picked("src")), 3, "without one file");
    let entry = reads(&|nodes| drop(entry_at(nodes, &old, "src/d9/f1").unwrap().unwrap()));
    assert_eq!(entry, 3, "a node a level");
}

#[test]
fn a_merge_names_both_inputs() {
    let (a, b) = (
        tree(&[("usr/bin/x", "1")]),
        tree(&[("usr/bin/x", "1"), ("usr/y", "2")]),
    );
    let nodes = Counting::of(&[&a, &b]);
    let bench = Workbench::over(&nodes);
    let merged = merge(&bench, &[("one", a.hash()), ("two", b.hash())]);
    let Err(MergeError::Conflict(error)) = merged else {
        panic!("{merged:?}");
    };
    let named = (error.path.as_str(), &*error.first, &*error.second);
    assert_eq!(named, ("usr/bin/x", "one", "two"));
    // The same tree twice, too.
    assert!(merge(&bench, &[("one", a.hash()), ("two", a.hash())]).is_err());
}

#[test]
fn directories_of_different_modes_are_told_as_such() {
    let with = |bits| {
        let mut tree = Tree::new();
        let mode = Mode::new(bits);
        tree.insert(path("var"), Node::Dir { mode }).unwrap();
        tree
    };
    let (a, b) = (with(0o755), with(0o700));
    let nodes = Counting::of(&[&a, &b]);
    let merged = merge(
        &Workbench::over(&nodes),
        &[("two", a.hash()), ("one", b.hash())],
    );
    let Err(MergeError::Conflict(error)) = merged else {
        panic!("{merged:?}");
    };
    let plain = Tree::merged(&[("two", &a), ("one", &b)]).unwrap_err();
    assert_eq!(error, plain);
    let said = error.by_name().to_string();
    let expected =
        "`one` and `two` have the directory `var` with different modes, 0700 and 0755\nhint: ";
    assert!(said.starts_with(expected), "{said}");
}

#[test]
fn patterns_that_name_nothing_are_told() {
    let sample = tree(&[("usr/lib/libz.a", "1"), ("usr/lib/x/y", "2")]);
    let nodes = Counting::of(&[&sample]);
    let bench = Workbench::over(&nodes);
    let unmatched = |include: &[&str], exclude: &[&str]| {
        let picked = pick(&bench, sample.hash(), &set(include), &set(exclude)).unwrap();
        picked.unmatched
    };
    assert_eq!(unmatched(&["usr/lib", "usr/bin/*"], &[]), ["usr/bin/*"]);
    // Also below what is picked, or left out, as a whole.
    assert_eq!(
        unmatched(&["usr", "usr/lib/x/y"], &[]),
        <[&str; 0]>::default()
    );
    assert_eq!(unmatched(&["usr", "usr/lib/x/z"], &[]), ["usr/lib/x/z"]);
    assert_eq!(
        unmatched(&["usr/lib/x/y"], &["usr/lib"]),
        <[&str; 0]>::default()
    );
}

#[test]
fn what_lies_in_a_directory_is_a_tree() {
    let old = tree(&[("a", "1"), ("b", "2")]);
    let nodes = Counting::of(&[&old]);
    let bench = Workbench::over(&nodes);
    let moved = bench.below(old.hash(), &path("x/y"));
    assert_eq!(whole(&bench, &moved).unwrap(), old.below(&path("x/y")));
    assert_eq!(subtree_at(&bench, &moved, "x/y").unwrap(), Some(old.hash()));
    for nothing in ["x/z", "x/y/a/b", "y", "x/y/a"] {
        assert_eq!(
            subtree_at(&bench, &moved, nothing).unwrap(),
            None,
            "{nothing}"
        );
    }
}

/// Forty nodes, each of which has the one below it twice.
#[test]
fn a_few_nodes_that_are_a_large_tree_are_not_read_to_the_end() {
    let mut nodes = Memory::new();
    let top = (0..40).fold(nodes.put(Directory::new()), |node, _| {
        let mut directory = Directory::new();
        for name in ["a", "b"] {
            let mode = Mode::DIR;
            directory.insert(name, Entry::Dir { mode, node });
        }
        nodes.put(directory)
    });
    assert_eq!(whole_within(&nodes, &top, 1 << 20), Ok(None));
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    prop_compose! {
        fn any_tree()(entries in proptest::collection::vec(
            ("[a-c]{1,2}(/[a-c]{1,2}){0,3}", 0..6_u8), 0..20)
        ) -> Tree {
            let mut tree = Tree::new();
            for (at, kind) in entries {
                let node = match kind {
                    0 => Node::DIR,
                    1 => Node::Dir { mode: Mode::new(0o700) },
                    2 => Node::Symlink { target: at.clone() },
                    kind => file(&kind.to_string()),
                };
                // What would not fit is simply not there.
                let _ = tree.insert(path(&at), node);
            }
            tree
        }
    }

    fn any_set() -> impl Strategy<Value = PathSet> {
        let pattern = prop_oneof![
            "[a-c]{1,2}(/[a-c]{1,2}){0,2}",
            "[a-c*?]{1,2}(/[a-c*]{1,2}){0,2}",
            "\\*\\*/[a-c*]{1,2}",
            "[a-c]/\\*\\*",
            "\\{a,b/c\\}/[a-c]",
        ];
        proptest::collection::vec(pattern, 0..4).prop_map(|all| PathSet::new(all).unwrap())
    }

    proptest! {
        #[test]
        fn a_tree_is_read_back(tree in any_tree()) {
            let nodes = Counting::of(&[&tree]);
            prop_assert_eq!(whole(&nodes, &tree.hash()).unwrap(), tree.clone());
            for (hash, directory) in tree.directories() {
                let bytes = directory.encode();
                prop_assert_eq!(Hash::of(&bytes), hash);
                prop_assert_eq!(Directory::decode(&bytes).unwrap(), directory);
            }
        }

        #[test]
        fn a_difference_is_what_it_is_entry_by_entry(old in any_tree(), new in any_tree()) {
            let nodes = Counting::of(&[&old, &new]);
            prop_assert_eq!(diff(&nodes, &old.hash(), &new.hash()).unwrap(), old.changes(&new));
            prop_assert_eq!(diff(&nodes, &old.hash(), &old.hash()).unwrap(), Vec::new());
        }

        #[test]
        fn a_filled_tree_is_what_it_is_entry_by_entry(first in any_tree(), second in any_tree()) {
            let nodes = Counting::of(&[&first, &second]);
            let bench = Workbench::over(&nodes);
            let filled = fill(&bench, first.hash(), second.hash()).unwrap();
            prop_assert_eq!(whole(&bench, &filled).unwrap(), first.filled(&second));
        }

        #[test]
        fn a_picked_tree_is_what_it_is_entry_by_entry(
            tree in any_tree(), include in any_set(), exclude in any_set()
        ) {
            let nodes = Counting::of(&[&tree]);
            let bench = Workbench::over(&nodes);
            let picked = pick(&bench, tree.hash(), &include, &exclude).unwrap();
            prop_assert_eq!(whole(&bench, &picked.tree).unwrap(), tree.picked(&include, &exclude));
            let names = |pattern: &str| {
                let alone = set(&[pattern]);
                tree.paths().any(|path| alone.contains(path))
            };
            let unmatched: Vec<_> = include.patterns().filter(|pattern| !names(pattern)).collect();
            prop_assert_eq!(picked.unmatched, unmatched);
        }

        #[test]
        fn a_merge_is_what_it_is_entry_by_entry(
            a in any_tree(), b in any_tree(), c in any_tree()
        ) {
            let nodes = Counting::of(&[&a, &b, &c]);
            let bench = Workbench::over(&nodes);
            let merged = merge(&bench, &[("a", a.hash()), ("b", b.hash()), ("c", c.hash())]);
            match (merged, Tree::merged(&[("a", &a), ("b", &b), ("c", &c)])) {
                (Ok(merged), Ok(expected)) => {
                    prop_assert_eq!(whole(&bench, &merged).unwrap(), expected);
                }
                // Of several conflicts either may be told.
                (Err(MergeError::Conflict(_)), Err(_)) => {}
                (merged, expected) => prop_assert!(false, "{merged:?}, {expected:?}"),
            }
        }
    }
}
