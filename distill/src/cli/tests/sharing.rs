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
fn a_damaged_archive_is_told_and_not_taken() {
    let (world, target) = exported();
    let archives = world.path("work/cache/trees").read_dir_utf8().unwrap();
    for archive in archives.flatten() {
        if archive.file_name().ends_with(".tar.zst") {
            std::fs::write(archive.path(), "damaged").unwrap();
        }
    }
    // What it would be made of is not to be had any more: that is the error in the end.
    let ran = world.run(&target, &["build", "droplet", "--cache", "cache", "-v"]);
    assert_eq!(ran.code, 13, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("note image: /world/work/cache:"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_directory_that_is_no_cache_is_an_error() {
    let (world, target) = exported();
    let ran = world.run(&target, &["build", "droplet", "--cache", "."]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("as a cache"), "{}", ran.stderr);
}
