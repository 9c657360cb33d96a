//! `gc` and `fsck`: what stays in the store.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use super::*;
use crate::plan::Object;
use crate::store::{Root, Store};

/// An image of one file, whose text tells it from the next version.
fn version(text: &str) -> Target {
    let base = merge("base", [file("etc/motd", text)]);
    Target::new(
        "droplet",
        merge("image", [base.into(), file("init", "#!/bin/sh\n")]),
    )
}

#[test]
fn what_no_image_needs_is_removed() {
    let world = World::new();
    let (old, new) = (version("old"), version("new"));
    assert_eq!(world.run(&old, &["build", "droplet"]).code, 0);
    let before = world.store().objects().unwrap();
    assert_eq!(world.run(&new, &["build", "droplet"]).code, 0);
    let all = world.store().objects().unwrap();
    // The old image is not long ago.
    let ran = world.run(&new, &["gc", "-n"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{}", ran.stderr);
    let dry = world.run(&new, &["gc", "-n", "--all-unused"]);
    assert_eq!(world.store().objects().unwrap(), all);
    let ran = world.run(&new, &["gc", "--all-unused"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let left = world.store().objects().unwrap();
    let removed = all.iter().filter(|object| !left.contains(object)).count();
    assert_eq!(dry.stdout.lines().count(), removed);
    // The literal with `init` is shared.
    assert_eq!(removed, before.len() - 1);
    let plan = world.run(&new, &["build", "droplet", "--verbose"]);
    assert!(plan.stderr.contains("nothing to do"), "{}", plan.stderr);
    assert_eq!(world.run(&old, &["build", "droplet"]).code, 0);
}

#[test]
fn downloads_that_were_given_up_are_removed() {
    let world = World::new();
    let partial = world.store().partial_dir();
    std::fs::create_dir_all(&partial).unwrap();
    let download = partial.join("sha256-x.part");
    std::fs::write(&download, "bytes").unwrap();
    let target = version("one");
    let young = world.run(&target, &["gc"]);
    assert!(download.exists(), "{}", young.stderr);
    let dry = world.run(&target, &["gc", "-n", "--all-unused"]);
    assert!(
        dry.stdout
            .contains("5 B  /world/store/tmp/partial/sha256-x.part"),
        "{}",
        dry.stdout
    );
    assert!(download.exists());
    let ran = world.run(&target, &["gc", "--all-unused"]);
    assert!(
        ran.stderr
            .contains("removed 0 objects and 1 unfinished download"),
        "{}",
        ran.stderr
    );
    assert!(!download.exists());
}

#[test]
fn nothing_is_removed_while_another_process_uses_the_store() {
    let world = World::new();
    let target = version("one");
    let other = world.store();
    let ran = world.run(&target, &["gc"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("another process uses it"),
        "{}",
        ran.stderr
    );
    assert_eq!(world.run(&target, &["gc", "-n"]).code, 0);
    drop(other);
    assert_eq!(world.run(&target, &["gc"]).code, 0);
}

#[test]
fn whoever_waits_has_a_turn_beside_those_who_never_end() {
    let world = World::new();
    let target = version("one");
    let root = world.store().root().to_owned();
    let (done, opened) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        // Of these builders, one always has the store open.
        for _ in 0..8 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let _store = Store::open(&root).unwrap();
                    opened.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(Duration::from_millis(30));
                }
            });
        }
        while opened.load(Ordering::Relaxed) < 16 {
            std::thread::sleep(Duration::from_millis(5));
        }
        let ran = world.run(&target, &["gc", "--wait"]);
        done.store(true, Ordering::Relaxed);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    });
}

#[test]
fn a_clock_that_is_years_ahead_makes_nothing_old() {
    let world = World::new();
    let (old, new) = (version("one"), version("two"));
    for target in [&old, &new] {
        assert_eq!(world.run(target, &["build"]).code, 0);
    }
    // To a clock that is ten years ahead, everything was made ten years ago.
    let store = world.store();
    let past = |root: Root| Root {
        time: root.time - 10 * 366 * 86_400,
        ..root
    };
    for root in store.roots().unwrap() {
        store.drop_root(&root.plan).unwrap();
        store.note_root(&past(root)).unwrap();
    }
    drop(store);
    let ran = world.run(&new, &["gc"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("more than a year ahead"),
        "{}",
        ran.stderr
    );
    assert_eq!(world.store().roots().unwrap().len(), 2, "{}", ran.stderr);
}

#[test]
fn damage_is_found_removed_and_made_again() {
    let world = World::new();
    let target = version("one");
    let built = world.run(&target, &["build", "base"]);
    assert_eq!(world.run(&target, &["fsck"]).code, 0);
    let store = world.store();
    let base = Utf8PathBuf::from(built.stdout.trim().replace("/world", world.root.as_str()));
    std::fs::write(base.join("etc/motd"), "damaged").unwrap();
    let record = world
        .path("store/records")
        .read_dir_utf8()
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    std::fs::write(record.path(), "{").unwrap();
    let objects: Vec<Object> = store.objects().unwrap();
    drop(store);
    let found = world.run(&target, &["fsck", "--dry-run"]);
    assert_eq!(found.code, 1);
    assert!(
        found
            .stdout
            .contains("its contents are not what its hash says"),
        "{}",
        found.stdout
    );
    assert!(
        found.stdout.contains("this record cannot be read"),
        "{}",
        found.stdout
    );
    let removed = world.run(&target, &["fsck"]);
    assert_eq!(removed.code, 0, "{}", removed.stderr);
    assert!(world.store().objects().unwrap().len() < objects.len());
    assert_eq!(world.run(&target, &["fsck"]).code, 0);
    let again = world.run(&target, &["build", "base"]);
    assert_eq!(again.stdout, built.stdout);
    assert_eq!(read(&base.join("etc/motd")), "one");
}
