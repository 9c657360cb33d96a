//! Trees made from other trees, and from literals.

use std::collections::BTreeMap;

use super::*;
use crate::plan::{Contents, Literal, LiteralNode};

fn stored(place: &Place) -> (Utf8PathBuf, Tree) {
    let dir = place.with(
        "stored",
        &[("bin/a", "program"), ("lib/b", "library"), ("lib/c/d", "")],
    );
    std::os::unix::fs::symlink("b", dir.join("lib/e")).unwrap();
    chmod(&dir.join("bin/a"), 0o755);
    let tree = scan(&dir, &PathSet::default(), &NEVER).unwrap();
    (dir, tree.into_manifest())
}

/// Where the files of a tree are that lies in `tree`.
fn in_tree(tree: &Utf8Path) -> impl Fn(&RelPath) -> Origin {
    |path| Origin {
        tree: tree.to_owned(),
        path: path.clone(),
    }
}

fn copy(from: &Utf8Path, tree: &Tree, out: &Utf8Path) -> Result<(), IntakeError> {
    let copied = copy_tree(tree, in_tree(from), out, &NEVER)?;
    assert_eq!(copied.manifest(), tree);
    Ok(())
}

/// A build must not see what else is in the store: so no file of one tree is a file of another, and
/// [`assert_is`] finds one name for each.
#[test]
fn files_of_two_trees_share_nothing() {
    let place = Place::new();
    let (stored, tree) = stored(&place);
    let out = place.join("out");
    copy(&stored, &tree, &out).unwrap();
    assert_is(&out, &tree);
    assert_is(&stored, &tree);
    fs::write(out.join("bin/a"), "changed").unwrap();
    assert_eq!(fs::read_to_string(stored.join("bin/a")).unwrap(), "program");
}

#[test]
fn copies_a_merge_of_parts() {
    let place = Place::new();
    let (stored, tree) = stored(&place);
    let part = tree.inside(&path("lib"));
    let (a, b) = (
        tree.picked(&PathSet::new(["bin"]).unwrap(), &PathSet::default()),
        part.below(&path("usr/lib")),
    );
    let merged = Tree::merged(&[("a", &a), ("b", &b)]).unwrap();
    let usr = path("usr");
    let from = |path: &RelPath| Origin {
        tree: stored.clone(),
        path: path.strip_prefix(&usr).unwrap_or_else(|| path.clone()),
    };
    copy_tree(&merged, from, &place.join("out"), &NEVER).unwrap();
    assert_is(&place.join("out"), &merged);
}

/// Enough for several threads, with files of one directory from two trees by turns.
#[test]
fn copies_many_files_of_several_trees() {
    let place = Place::new();
    let names: Vec<_> = (0..400).map(|i| format!("d{}/f{i}", i % 3)).collect();
    let files: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), name.as_str()))
        .collect();
    let (a, b) = (place.with("a", &files), place.with("b", &files));
    let tree = scan(&a, &PathSet::default(), &NEVER)
        .unwrap()
        .into_manifest();
    scan(&b, &PathSet::default(), &NEVER).unwrap();
    let from = |path: &RelPath| {
        let even = path.as_str().ends_with(['0', '2', '4', '6', '8']);
        in_tree(if even { &a } else { &b })(path)
    };
    copy_tree(&tree, from, &place.join("out"), &NEVER).unwrap();
    assert_is(&place.join("out"), &tree);
}

#[test]
fn copies_have_the_modes_of_the_manifest() {
    let place = Place::new();
    let (stored, tree) = stored(&place);
    let mut other = Tree::new();
    for (path, node) in tree.iter() {
        let node = match node.clone() {
            Node::File { size, hash, .. } => Node::File {
                mode: Mode::new(0o4700),
                size,
                hash,
            },
            Node::Dir { .. } => Node::Dir {
                mode: Mode::new(0o711),
            },
            link @ Node::Symlink { .. } => link,
        };
        other.insert(path.clone(), node).unwrap();
    }
    copy(&stored, &other, &place.join("out")).unwrap();
    assert_is(&place.join("out"), &other);
    assert_is(&stored, &tree);
}

/// `/dev/shm` is another file system than the temporary directory nearly everywhere.
#[test]
fn copies_across_file_systems() {
    let Ok(shm) = tempfile::tempdir_in("/dev/shm") else {
        eprintln!("skipped: /dev/shm cannot be written");
        return;
    };
    let (place, other) = (Place::new(), Place(shm));
    let (stored, tree) = stored(&place);
    let device = |place: &Place| fs::metadata(place.join("")).unwrap().dev();
    if device(&place) == device(&other) {
        eprintln!("skipped: /dev/shm is no file system of its own");
        return;
    }
    copy(&stored, &tree, &other.join("out")).unwrap();
    assert_is(&other.join("out"), &tree);
}

#[test]
fn copies_keep_holes() {
    let place = Place::new();
    let dir = place.with("stored", &[]);
    make_hole(&dir.join("hole"), 32 << 20);
    let tree = scan(&dir, &PathSet::default(), &NEVER).unwrap();
    copy(&dir, tree.manifest(), &place.join("out")).unwrap();
    let meta = fs::metadata(place.join("out/hole")).unwrap();
    assert_eq!(meta.len(), 32 << 20);
    assert!(meta.blocks() < 64, "{} blocks", meta.blocks());
}

/// Damage of the same size, too: what is copied is hashed.
#[test]
fn notices_what_is_damaged() {
    let place = Place::new();
    let (stored, tree) = stored(&place);
    for (number, text) in ["library!", "lebrary"].into_iter().enumerate() {
        fs::write(stored.join("lib/b"), text).unwrap();
        let error = copy(&stored, &tree, &place.join(&format!("out{number}"))).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "`{stored}/lib/b` is not as its manifest says\nhint: the store is damaged; `fsck` finds what is"
            )
        );
    }
    fs::remove_file(stored.join("lib/b")).unwrap();
    let error = copy(&stored, &tree, &place.join("again")).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot open `{stored}/lib/b`"));
}

/// A directory that became a link since is not followed.
#[test]
fn follows_no_link_of_a_stored_tree() {
    let place = Place::new();
    let (stored, tree) = stored(&place);
    fs::rename(stored.join("lib"), place.join("elsewhere")).unwrap();
    std::os::unix::fs::symlink(place.join("elsewhere"), stored.join("lib")).unwrap();
    let error = copy(&stored, &tree, &place.join("out")).unwrap_err();
    let IntakeError::Io { source, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(source.raw_os_error(), Some(nix::libc::ENOTDIR));
}

#[test]
fn a_wish_to_stop_ends_copying() {
    let place = Place::new();
    let (stored, tree) = stored(&place);
    let (out, stop) = (place.join("out"), AtomicBool::new(true));
    let copied = copy_tree(&tree, in_tree(&stored), &out, &stop);
    assert!(matches!(copied, Err(IntakeError::Stopped)), "{copied:?}");
}

#[test]
fn a_blob_becomes_a_tree() {
    let place = Place::new();
    let blobs = place.with("blobs", &[("it", "#!/bin/sh")]);
    let digest = crate::plan::Hash::of("#!/bin/sh").into();
    let (to, from) = (path("usr/bin/it"), blobs.join("it"));
    let tree = place_file(
        &place.join("out"),
        (&to, Mode::new(0o4711)),
        (&from, digest),
        &NEVER,
    );
    let tree = tree.unwrap();
    assert_eq!(
        listing(tree.manifest()),
        "0755 usr/\n0755 usr/bin/\n4711 usr/bin/it 9\n"
    );
    assert_is(&place.join("out"), tree.manifest());
    fs::write(&from, "#!/bin/sx").unwrap();
    let (mode, again) = (Mode::FILE, place.join("again"));
    let error = place_file(&again, (&to, mode), (&from, digest), &NEVER).unwrap_err();
    assert!(matches!(error, IntakeError::OtherBytes { .. }), "{error}");
}

fn literal(nodes: Vec<(&str, LiteralNode)>) -> Literal {
    let nodes = nodes.into_iter().map(|(at, node)| (path(at), node));
    Literal(nodes.collect::<BTreeMap<_, _>>())
}

fn file(mode: Option<Mode>, contents: impl Into<Contents>) -> LiteralNode {
    let contents = contents.into();
    LiteralNode::File { mode, contents }
}

#[test]
fn writes_literals() {
    let place = Place::new();
    let local = place.with("local", &[("script", "#!/bin/sh"), ("text", "text")]);
    chmod(&local.join("script"), 0o710);
    chmod(&local.join("text"), 0o660);
    let literal = literal(vec![
        ("etc/motd", file(None, "hello\n")),
        ("etc/shadow", file(Some(Mode::new(0o600)), "")),
        ("etc/late", file(None, Contents::lazy(|| "computed"))),
        (
            "etc/link",
            LiteralNode::Symlink {
                target: "motd".to_owned(),
            },
        ),
        ("etc/rc", file(None, Contents::Local(local.join("script")))),
        ("etc/text", file(None, Contents::Local(local.join("text")))),
        (
            "root",
            LiteralNode::Dir {
                mode: Mode::new(0o500),
            },
        ),
        ("root/.profile", file(None, "umask 077\n")),
        (
            "tmp",
            LiteralNode::Dir {
                mode: Mode::new(0o1777),
            },
        ),
    ]);
    let out = place.join("out");
    let tree = write_literal(&out, &literal).unwrap().into_manifest();
    insta::assert_snapshot!(listing(&tree));
    assert_is(&out, &tree);
    assert_eq!(literal_tree(&literal).unwrap(), tree);
}

#[test]
fn refuses_literals_that_are_no_tree() {
    let place = Place::new();
    let nested = literal(vec![("a", file(None, "")), ("a/b", file(None, ""))]);
    let error = write_literal(&place.join("out"), &nested).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "`a/b` lies below `a`, which is not a directory");
    let missing = place.join("missing");
    let local = literal(vec![("a", file(None, Contents::Local(missing.clone())))]);
    let error = literal_tree(&local).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot read `{missing}`"));
}

/// A recipe may say that nobody may read a file: the store must, to copy and to verify it.
#[test]
fn the_owner_may_read_literals() {
    let place = Place::new();
    let shut = LiteralNode::Dir {
        mode: Mode::new(0o000),
    };
    let literal = literal(vec![("a", file(Some(Mode::new(0o000)), "x")), ("b", shut)]);
    let tree = write_literal(&place.join("out"), &literal).unwrap();
    assert_eq!(listing(tree.manifest()), "0400 a 1\n0500 b/\n");
    let found = verify_tree(&place.join("out"), &NEVER).unwrap();
    assert_eq!(found, *tree.manifest());
}
