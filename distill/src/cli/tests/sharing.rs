//! `export` and `--cache`: what was built in one store, taken into another.

use super::*;

/// A world in which the target was built and exported; then its source went away, and the store.
fn exported() -> (World, Target) {
    let world = World::new();
    let target = target(&world);
    let ran = world.run(&target, &["export", "cache"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.stdout, "/world/work/cache\n");
    std::fs::remove_file(world.path("zlib.h")).unwrap();
    std::fs::rename(world.path("store"), world.path("first-store")).unwrap();
    (world, target)
}

#[test]
fn what_was_exported_is_taken_without_the_sources() {
    let (world, target) = exported();
    let alone = world.run(&target, &["build", "droplet"]);
    assert_eq!(alone.code, 13, "{}", alone.stderr);
    let ran = world.run(
        &target,
        &["build", "droplet", "--offline", "--cache", "cache"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("fetching image from /world/work/cache"),
        "{}",
        ran.stderr
    );
    let image = world.path(ran.stdout.trim_end().trim_start_matches("/world/"));
    assert_eq!(read(&image.join("etc/motd")), "hello\n");
    assert_eq!(read(&image.join("usr/include/zlib.h")), "a header\n");
    // Nothing but the image came, and the next run knows all without the cache.
    assert_eq!(world.store().objects().unwrap().len(), 1);
    let again = world.run(&target, &["build", "droplet", "--verbose"]);
    assert_eq!(again.stdout, ran.stdout);
}

#[test]
fn a_damaged_file_is_told_and_not_taken() {
    let (world, target) = exported();
    let motd = crate::plan::Digest::from(crate::plan::Hash::of("hello\n"));
    let motd = world
        .path("work/cache")
        .join(crate::fetch::Key::Blob(motd).path());
    std::fs::write(motd, "hullo\n").unwrap();
    // The image is made after all, of what else the cache has.
    let ran = world.run(&target, &["build", "droplet", "--cache", "cache", "-v"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let note = "note image: /world/work/cache: ";
    let line = ran.stderr.lines().find(|line| line.starts_with(note));
    let line = line.unwrap_or_else(|| panic!("{}", ran.stderr));
    assert!(
        line.ends_with("it has other bytes for `etc/motd`"),
        "{line}"
    );
    let image = world.path(ran.stdout.trim_end().trim_start_matches("/world/"));
    assert_eq!(read(&image.join("etc/motd")), "hello\n");
}

#[test]
fn a_directory_that_is_no_cache_is_an_error() {
    let (world, target) = exported();
    let ran = world.run(&target, &["build", "droplet", "--cache", "."]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("as a cache"), "{}", ran.stderr);
}

/// A false record in a cache: the run that finds it out fails, and no other.
#[test]
fn what_a_cache_said_falsely_does_not_outlive_the_run_that_finds_out() {
    let world = World::new();
    let target = target(&world);
    assert_eq!(world.run(&target, &["build", "droplet"]).code, 0);
    assert_eq!(world.run(&target, &["export", "cache"]).code, 0);
    let image = world.store().roots().unwrap().remove(0);
    let told = world
        .path("work/cache/outputs")
        .join(image.plan.to_string());
    let lie = crate::plan::Object::Tree(crate::plan::Hash::of("false"));
    std::fs::write(&told, format!("{lie}\n")).unwrap();
    std::fs::rename(world.path("store"), world.path("first-store")).unwrap();
    let build = ["build", "droplet", "--cache", "cache"];
    let found = world.run(&target, &build);
    assert_eq!(found.code, 14, "{}", found.stderr);
    for part in [
        "the cache `/world/work/cache` says that this plan made",
        &lie.to_string(),
        &image.output.to_string(),
        "run again",
    ] {
        assert!(found.stderr.contains(part), "{part}: {}", found.stderr);
    }
    let record = world.store().record(&image.plan).unwrap().unwrap();
    assert_eq!(record.output, image.output);
    assert_eq!(record.provenance, crate::store::Provenance::Here);
    // With the cache, without it, and with a check.
    assert_eq!(world.run(&target, &build).code, 0);
    assert_eq!(world.run(&target, &["build", "droplet", "--check"]).code, 0);
    assert_eq!(world.run(&target, &["fsck"]).code, 0);
}

#[test]
fn what_came_from_a_cache_is_counted_and_dropped() {
    let (world, target) = exported();
    let build = ["build", "droplet", "--cache", "cache"];
    assert_eq!(world.run(&target, &build).code, 0);
    let fsck = world.run(&target, &["fsck"]);
    assert!(fsck.stderr.contains(" from caches)"), "{}", fsck.stderr);
    let other = world.run(&target, &["fsck", "--from-cache", "other"]);
    assert!(other.stderr.contains("dropped 0 records from `other`"));
    let dry = world.run(&target, &["fsck", "--from-cache", "cache", "-n"]);
    assert!(dry.stderr.contains("would drop "), "{}", dry.stderr);
    assert!(dry.stdout.contains(" image\n"), "{}", dry.stdout);
    let records = world.store().told_by(None).unwrap().len();
    assert_eq!(records, dry.stdout.lines().count());
    let dropped = world.run(&target, &["fsck", "--from-cache"]);
    assert_eq!((dropped.code, &dropped.stdout), (0, &dry.stdout));
    assert_eq!(world.store().told_by(None).unwrap(), []);
    // The source is gone: nothing is believed any more.
    assert_ne!(world.run(&target, &["build", "droplet"]).code, 0);
}
