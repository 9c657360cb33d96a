//! Single files: what a build left, and what lands as a blob.

use std::os::unix::fs::symlink;

use nix::sys::stat;
use nix::unistd::mkfifo;

use super::*;
use crate::plan::{Digest, DigestHasher, Hash, Hasher};

fn blake2b() -> DigestHasher {
    DigestHasher::Blake2b(Hasher::new())
}

/// What a build can do to have a file of its user taken for its own.
#[test]
fn no_link_leads_to_an_output() {
    let place = Place::new();
    let home = place.with("home", &[("name", "secret"), ("sub/name", "secret")]);
    let out = place.with("out", &[("dir/name", "x")]);
    symlink(&home, out.join("sub")).unwrap();
    symlink(home.join("name"), out.join("name")).unwrap();
    symlink("dir", out.join("inner")).unwrap();
    symlink("..", out.join("dir/up")).unwrap();
    mkfifo(out.join("pipe").as_std_path(), stat::Mode::S_IRWXU).unwrap();
    for name in [
        "sub/name",
        "name",
        "inner/name",
        "dir/up/dir/name",
        "dir",
        "dir/name/x",
        "pipe",
        "missing",
    ] {
        let found = open_output(&out, &path(name)).unwrap();
        assert!(found.is_none(), "{name}: {found:?}");
    }
    assert!(open_output(&out, &path("dir/name")).unwrap().is_some());
    assert_eq!(fs::read_to_string(home.join("name")).unwrap(), "secret");
    assert_eq!(fs::read_to_string(home.join("sub/name")).unwrap(), "secret");
}

/// A build may leave any modes.
#[test]
fn an_output_that_its_owner_cannot_read() {
    let place = Place::new();
    let out = place.with("out", &[("a/b/name", "text")]);
    for (name, mode) in [
        ("a/b/name", 0o000),
        ("a/b", 0o400),
        ("a", 0o000),
        ("", 0o100),
    ] {
        chmod(&out.join(name), mode);
    }
    if !permissions_bind() {
        eprintln!("skipped in part: permissions do not bind root");
    }
    let mut file = open_output(&out, &path("a/b/name")).unwrap().unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut file, &mut text).unwrap();
    assert_eq!(text, "text");
}

#[test]
fn a_copy_shares_nothing_with_what_was_copied() {
    let place = Place::new();
    let out = place.with("out", &[("name", "text")]);
    fs::hard_link(out.join("name"), out.join("again")).unwrap();
    give_attributes(&out.join("name"));
    chmod(&out.join("name"), 0o6755);
    let file = open_output(&out, &path("name")).unwrap().unwrap();
    let (from, to) = (out.join("name"), place.join("copy"));
    let copy = HashedFile::copy((&file, &from), to.clone(), blake2b(), &NEVER).unwrap();
    assert_eq!(copy.digest(), Digest::from(Hash::of("text")));
    fs::write(out.join("again"), "changed").unwrap();
    assert_eq!(fs::read_to_string(&to).unwrap(), "text");
    let meta = fs::metadata(&to).unwrap();
    assert_eq!((meta.nlink(), meta.mode() & 0o7000), (1, 0));
    assert_eq!(attributes(&to), Vec::<String>::new());
}

#[test]
fn a_copy_keeps_holes() {
    let place = Place::new();
    let from = place.join("from");
    make_hole(&from, 40 << 20);
    let file = fs::File::open(&from).unwrap();
    let to = place.join("to");
    let copy = HashedFile::copy((&file, &from), to.clone(), blake2b(), &NEVER).unwrap();
    let bytes = vec![0; 40 << 20];
    assert_eq!(copy.digest(), Digest::from(Hash::of(bytes)));
    let meta = fs::metadata(&to).unwrap();
    assert_eq!(meta.len(), 40 << 20);
    assert!(meta.blocks() < 64, "{} blocks", meta.blocks());
}

#[test]
fn hashes_files_that_are_alone_and_no_links() {
    let place = Place::new();
    let dir = place.with("dir", &[("a", "text")]);
    let hash = |name: &str| HashedFile::hash(dir.join(name), blake2b(), &NEVER);
    give_attributes(&dir.join("a"));
    let hashed = hash("a").unwrap();
    assert_eq!(hashed.digest(), Digest::from(Hash::of("text")));
    assert_eq!(attributes(&dir.join("a")), Vec::<String>::new());
    symlink("a", dir.join("link")).unwrap();
    let error = hash("link").unwrap_err();
    assert_eq!(error.to_string(), format!("cannot open `{dir}/link`"));
    fs::hard_link(dir.join("a"), dir.join("b")).unwrap();
    let error = hash("a").unwrap_err();
    assert!(matches!(error, IntakeError::Shared { .. }), "{error}");
}

#[test]
fn a_wish_to_stop_ends_the_hashing_of_a_hole() {
    let place = Place::new();
    let hole = place.join("hole");
    make_hole(&hole, 20 << 30);
    let (hashed, late) = after_the_wish(|stop| HashedFile::hash(hole.clone(), blake2b(), stop));
    assert!(matches!(hashed, Err(IntakeError::Stopped)), "{hashed:?}");
    assert!(late < Duration::from_secs(1), "{late:?}");
}
