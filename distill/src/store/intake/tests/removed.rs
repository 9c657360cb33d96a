use std::os::fd::AsFd;
use std::os::unix::fs::symlink;

use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat;

use super::*;

#[test]
fn removes_what_its_owner_may_not_change() {
    let place = Place::new();
    let dir = place.with("dir", &[("a/b/c", "x"), ("a/b/d/e", "y"), ("f", "z")]);
    for (name, mode) in [("a/b/d", 0o000), ("a/b", 0o555), ("a", 0o444), ("", 0o100)] {
        chmod(&dir.join(name), mode);
    }
    if !permissions_bind() {
        eprintln!("skipped in part: permissions do not bind root");
    }
    remove_tree(&dir).unwrap();
    assert!(!dir.exists());
    remove_tree(&dir).unwrap();
}

#[test]
fn follows_no_link() {
    let place = Place::new();
    let outside = place.with("outside", &[("keep", "x")]);
    let dir = place.with("dir", &[]);
    symlink(&outside, dir.join("link")).unwrap();
    symlink(&dir, place.join("to-dir")).unwrap();
    remove_tree(&place.join("to-dir")).unwrap();
    assert!(dir.exists(), "a link goes, not what it points to");
    remove_tree(&dir).unwrap();
    assert_eq!(fs::read_to_string(outside.join("keep")).unwrap(), "x");
    remove_tree(&outside.join("keep")).unwrap();
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
}

/// Deeper than a path may be long, than descriptors may be open, and than a stack would bear.
#[test]
fn removes_what_lies_deep() {
    let place = Place::new();
    let dir = place.with("dir", &[(".deep-0/x", ""), (".deep-1", "")]);
    let flags = OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let mut at = open(dir.as_std_path(), flags, stat::Mode::empty()).unwrap();
    for _ in 0..6000 {
        stat::mkdirat(at.as_fd(), "d", stat::Mode::S_IRWXU).unwrap();
        at = openat(at.as_fd(), "d", flags, stat::Mode::empty()).unwrap();
    }
    drop(at);
    remove_tree(&dir).unwrap();
    assert!(!dir.exists());
}

/// Only root may protect files like that, and so only root has to remove them.
#[test]
fn removes_what_chattr_protects() {
    use rustix::fs::IFlags;
    let place = Place::new();
    let dir = place.with("dir", &[("a/b", "x"), ("c", "y")]);
    if !set_flags(&dir.join("a/b"), IFlags::IMMUTABLE) {
        eprintln!("skipped: only root may protect files, where the file system can");
        return;
    }
    for (name, flag) in [
        ("a", IFlags::IMMUTABLE),
        ("c", IFlags::APPEND),
        ("", IFlags::APPEND),
    ] {
        assert!(set_flags(&dir.join(name), flag));
    }
    remove_tree(&dir).unwrap();
    assert!(!dir.exists());
}
