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
    let tree = scan(&dir, &PathSet::default()).unwrap();
    (dir, tree)
}

#[test]
fn links_what_is_stored() {
    let place = Place::new();
    let (stored, tree) = stored(&place);
    let out = place.join("out");
    link_tree(&tree, |path| path.under(&stored), &out).unwrap();
    assert_is(&out, &tree);
    assert_is(&stored, &tree);
    let inode = |dir: &Utf8Path| fs::metadata(dir.join("bin/a")).unwrap().ino();
    assert_eq!(inode(&out), inode(&stored));
}

#[test]
fn links_a_merge_of_parts() {
    let place = Place::new();
    let (stored, tree) = stored(&place);
    let part = tree.inside(&path("lib"));
    let (a, b) = (
        tree.pick(&PathSet::new(["bin"]).unwrap(), &PathSet::default()),
        part.below(&path("usr/lib")),
    );
    let merged = Tree::merge([("a", &a), ("b", &b)]).unwrap();
    let from = |path: &RelPath| match path.as_str().strip_prefix("usr/") {
        Some(path) => stored.join(path),
        None => path.under(&stored),
    };
    link_tree(&merged, from, &place.join("out")).unwrap();
    assert_is(&place.join("out"), &merged);
}

#[test]
fn copies_what_has_another_mode() {
    let place = Place::new();
    let (stored, tree) = stored(&place);
    let mut other = Tree::new();
    for (path, node) in tree.iter() {
        let node = match node.clone() {
            Node::File { size, hash, .. } => Node::File {
                mode: Mode::new(0o600),
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
    link_tree(&other, |path| path.under(&stored), &place.join("out")).unwrap();
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
    link_tree(&tree, |path| path.under(&stored), &other.join("out")).unwrap();
    assert_is(&other.join("out"), &tree);
}

#[test]
fn notices_what_is_damaged() {
    let place = Place::new();
    let (stored, tree) = stored(&place);
    fs::write(stored.join("lib/b"), "library!").unwrap();
    let error = link_tree(&tree, |path| path.under(&stored), &place.join("out")).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "`{stored}/lib/b` is not as its manifest says\nhint: the store is damaged; `fsck` finds what is"
        )
    );
    fs::remove_file(stored.join("lib/b")).unwrap();
    let error = link_tree(&tree, |path| path.under(&stored), &place.join("again")).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot link `{stored}/lib/b`"));
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
    let tree = write_literal(&out, &literal).unwrap();
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
