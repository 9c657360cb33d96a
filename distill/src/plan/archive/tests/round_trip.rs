//! What is packed is unpacked.

use proptest::prelude::*;

use super::*;
use crate::plan::{Hash, Mode, Node, Tree};

/// Names of all lengths, some with other characters than ASCII.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]{1,2}",
        "[a-c]{90,110}",
        "[\u{e4}-\u{ef}a-b]{1,20}",
        Just("x".repeat(255)),
    ]
}

fn path() -> impl Strategy<Value = RelPath> {
    prop::collection::vec(name(), 1..4).prop_map(|parts| RelPath::new(parts.join("/")).unwrap())
}

#[derive(Debug, Clone)]
enum What {
    Dir,
    File(bool, Vec<u8>),
    Symlink(String),
}

fn what() -> impl Strategy<Value = What> {
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..10),
        prop::collection::vec(any::<u8>(), 500..530),
    ];
    prop_oneof![
        Just(What::Dir),
        (any::<bool>(), bytes).prop_map(|(executable, bytes)| What::File(executable, bytes)),
        "/?[a-z\u{e4}/.]{1,120}".prop_map(What::Symlink),
    ]
}

type Files = BTreeMap<RelPath, Vec<u8>>;

fn tree() -> impl Strategy<Value = (Tree, Files)> {
    prop::collection::vec((path(), what()), 0..12).prop_map(|entries| {
        let (mut tree, mut files) = (Tree::new(), Files::new());
        for (path, what) in entries {
            let node = match &what {
                What::Dir => Node::DIR,
                What::Symlink(target) => Node::Symlink {
                    target: target.clone(),
                },
                What::File(executable, bytes) => Node::File {
                    mode: if *executable {
                        Mode::EXECUTABLE
                    } else {
                        Mode::FILE
                    },
                    size: bytes.len() as u64,
                    hash: Hash::of(bytes),
                },
            };
            // Two entries may not fit together; then the second is left out.
            if tree.insert(path.clone(), node).is_ok()
                && let What::File(_, bytes) = what
            {
                files.insert(path, bytes);
            }
        }
        (tree, files)
    })
}

/// Puts a tree together again.
fn manifest(got: BTreeMap<RelPath, Got>) -> Tree {
    let mut tree = Tree::new();
    for (path, got) in got {
        let node = match got {
            Got::Dir => Node::DIR,
            Got::Symlink(target) => Node::Symlink { target },
            Got::File(executable, bytes) => Node::File {
                mode: if executable {
                    Mode::EXECUTABLE
                } else {
                    Mode::FILE
                },
                size: bytes.len() as u64,
                hash: Hash::of(bytes),
            },
        };
        tree.insert(path, node).unwrap();
    }
    tree
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn unpacks_what_is_packed((tree, files) in tree()) {
        let open = |path: &RelPath| Ok(&files[path][..]);
        let (mut archive, mut again, mut small) = (Vec::new(), Vec::new(), Vec::new());
        pack(&tree, open, &mut archive).unwrap();
        pack(&tree, open, &mut again).unwrap();
        prop_assert!(archive == again);
        pack_zst(&tree, open, &mut small, 3).unwrap();
        prop_assert_eq!(&manifest(read_tar(&archive).unwrap()), &tree);
        let zst = Options::new(Format::TarZst);
        prop_assert_eq!(&manifest(read(&small, &zst).unwrap()), &tree);
    }

    /// Another reader agrees.
    #[test]
    fn the_tar_crate_reads_it((tree, files) in tree()) {
        let mut archive = Vec::new();
        pack(&tree, |path| Ok(&files[path][..]), &mut archive).unwrap();
        let mut names = Vec::new();
        for entry in tar::Archive::new(&archive[..]).entries().unwrap() {
            let mut entry = entry.unwrap();
            let name = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
            let name = RelPath::new(name.trim_end_matches('/')).unwrap();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            prop_assert_eq!(&bytes[..], files.get(&name).map_or(&[][..], |bytes| bytes));
            if let Some(Node::Symlink { target }) = tree.get(name.as_str()) {
                let link = entry.link_name_bytes().unwrap();
                prop_assert_eq!(&link[..], target.as_bytes());
            }
            names.push(name);
        }
        prop_assert!(names.iter().eq(tree.paths()));
    }

    /// Whatever bytes come, the answer is a value, and what is accepted keeps the promises that
    /// the sink of these tests checks.
    #[test]
    fn garbled_archives_are_refused_or_sound(
        (tree, files) in tree(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut archive = Vec::new();
        pack(&tree, |path| Ok(&files[path][..]), &mut archive).unwrap();
        for (at, byte) in changes {
            let at = at.index(archive.len());
            archive[at] = byte;
        }
        let _ = read_tar(&archive);
    }
}

#[test]
fn refuses_files_of_another_length() {
    let mut tree = Tree::new();
    let node = Node::File {
        mode: Mode::FILE,
        size: 3,
        hash: Hash::of("abc"),
    };
    tree.insert(RelPath::new("a").unwrap(), node).unwrap();
    for wrong in ["", "ab", "abcd"] {
        let error = pack(&tree, |_| Ok(wrong.as_bytes()), io::sink()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot pack `a`: it has not the 3 bytes that the manifest says"
        );
    }
    assert!(pack(&tree, |_| Ok("abc".as_bytes()), io::sink()).is_ok());
}
