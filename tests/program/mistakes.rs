//! What goes wrong in recipes and systems, one test each.

use std::process::Command;

use crate::world::{Ran, World};

/// Builds a package with a mistake, and looks at how that ends and what is said.
#[track_caller]
fn fails(package: &str, code: i32, told: &[&str]) {
    if let Some(world) = World::new() {
        world.run_mistakes(&["build", package]).expect(code, told);
    }
}

#[test]
fn a_wrong_pin() {
    let told = [
        "error: version: cannot fetch `version` with the hash `blake2b:",
        "`/proc/version` has other bytes: got `blake2b:",
        "  defined:  tests/program/workshop/mistakes.rs:",
        "hint: if upstream replaced the file, compare both versions before changing the pin",
    ];
    fails("wrong-pin", 12, &told);
}

#[test]
fn an_unreachable_source() {
    let told = [
        "cannot fetch `paint.txt` with the hash `blake2b:",
        "`http://127.0.0.1:1/paint.txt` cannot be reached: ",
        "  defined:  tests/program/workshop/mistakes.rs:",
        "hint: behind a proxy set `HTTPS_PROXY`",
    ];
    fails("unreachable", 13, &told);
}

#[test]
fn a_truncated_archive() {
    let told = [
        "error: truncated: the archive is cut short in `paint.txt`",
        "defined:  ",
    ];
    fails("truncated", 10, &told);
}

#[test]
fn an_archive_bomb() {
    let told = ["error: bomb: the archive holds more than 68719476736 bytes, at `zeros`"];
    fails("bomb", 10, &told);
}

#[test]
fn an_archive_that_escapes() {
    let told =
        ["error: escape: cannot unpack `../escape`: its name is refused, it has a `..` component"];
    fails("escape", 10, &told);
}

#[test]
fn a_recipe_cycle() {
    let told = [
        "needs itself: workshop::mistakes::chicken → workshop::mistakes::egg → workshop::mistakes::chicken",
        "hint: break the ring",
        "mistakes.rs:",
    ];
    fails("recipe-cycle", 1, &told);
}

#[test]
fn two_packages_with_one_file() {
    let told = [
        "`one` and `other` both have `etc/paint`",
        "hint: leave it out of one of them",
        "mistakes.rs:",
    ];
    fails("conflict", 1, &told);
}

#[test]
fn nothing_in_out() {
    let told = [
        "error: no-output: the build wrote nothing to `/out`",
        "hint: install there",
        "mistakes.rs:",
    ];
    fails("no-output", 10, &told);
}

#[test]
fn an_undeclared_set_user_id_file() {
    let told = [
        "error: set-user-id: undeclared set-user-id or set-group-id:\n  su\n",
        "hint: declare them with `setid`, or drop the bit",
    ];
    fails("set-user-id", 10, &told);
}

#[test]
fn a_device() {
    let told = [
        "error: device: cannot keep what is no file, directory or symbolic link:\n  device is a character device\n",
    ];
    fails("device", 10, &told);
}

#[test]
fn a_build_that_takes_too_long() {
    let Some(world) = World::new() else { return };
    let told = [
        "error: slow: the build was still running after 1 s",
        "hint: give the package a longer `timeout`, or all with `--timeout`",
    ];
    world
        .run_mistakes(&["build", "slow", "--timeout", "1s"])
        .expect(11, &told);
    world.wait_for_no_process();
}

#[test]
fn a_failing_build_and_the_shell_in_its_sandbox() {
    let Some(world) = World::new() else { return };
    let ran = world.run_mistakes(&["build", "failing"]);
    let told = [
        "error: failing: the build ended with exit status 3",
        "defined:  tests/program/workshop/mistakes.rs:",
        "  its last lines:\n  | 122\n",
        "  | 140\n  | it cannot be done\n",
    ];
    ran.expect(10, &told);
    assert!(
        !ran.stderr.contains("| 121\n"),
        "more than 20 lines:\n{}",
        ran.stderr
    );
    let log = fact(&ran, "log:");
    assert!(std::path::Path::new(log).is_file(), "{log}");
    let as_told = |fact: &str, more: &str| {
        let line = format!("{fact}{more}");
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", &line])
            .env_clear()
            .env("HOME", world.home());
        let output = shell.env("WORKSHOP", "mistakes").output().expect("a shell");
        assert!(output.status.success(), "{line}: {output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let read = as_told(fact(&ran, "read it:"), "");
    assert!(
        read.starts_with("100\n101\n") && read.ends_with("cannot be done\n"),
        "{read}"
    );
    let look = as_told(fact(&ran, "look in:"), " -- /bin/busybox head -n 2 /build");
    assert_eq!(look, "#!/bin/sh -e\nseq 100 140\n");
    let missing = world.run_mistakes(&["shell", "failing", "--", "make"]);
    missing.expect(
        1,
        &["there is no `make` in this sandbox: no input has it in `/usr/bin:"],
    );
}

/// What a failure says behind a word.
fn fact<'r>(ran: &'r Ran, name: &str) -> &'r str {
    let line = ran
        .stderr
        .lines()
        .find_map(|line| line.trim_start().strip_prefix(name));
    line.unwrap_or_else(|| panic!("`{name}` is not said:\n{}", ran.stderr))
        .trim()
}

#[test]
fn a_build_that_cannot_be_repeated() {
    let Some(world) = World::new() else { return };
    let first = world.run_mistakes(&["build", "random"]);
    first.expect(0, &[]);
    let again = world.run_mistakes(&["build", "random", "--check"]);
    again.expect(
        14,
        &["error: random: the build is not reproducible: `differs` differ"],
    );
    let (recorded, now) = (fact(&again, "recorded:"), fact(&again, "now:"));
    assert_eq!(recorded, first.last_line());
    assert_ne!(recorded, now);
    let contents = |tree: &str| std::fs::read(format!("{tree}/differs")).expect("both are stored");
    assert_ne!(contents(recorded), contents(now));
}

#[test]
fn damage_to_what_cannot_be_repeated_is_no_dead_end() {
    let Some(world) = World::new() else { return };
    let first = world.run_mistakes(&["build", "random"]);
    first.expect(0, &[]);
    std::fs::write(format!("{}/differs", first.last_line()), "damaged").expect("a file of ours");
    let told = ["its contents are not what its hash says"];
    world.run(&["fsck", "--dry-run"]).expect(1, &told);
    world.run(&["fsck"]).expect(0, &told);
    world.run_mistakes(&["build", "random"]).expect(0, &[]);
}

#[test]
fn an_unknown_service() {
    let told = [
        "`web` comes after `databse`, which is no service of this system",
        "hint: did you mean `database`?",
        "main.rs:",
    ];
    system_fails("unknown-service", &told);
}

#[test]
fn a_service_cycle() {
    let told = [
        "these services wait for each other: chicken → egg → chicken",
        "hint: take an `after` out of the ring",
    ];
    system_fails("service-cycle", &told);
}

#[track_caller]
fn system_fails(which: &str, told: &[&str]) {
    if let Some(world) = World::new() {
        Ran::of(world.command(&[]).env("WORKSHOP", which)).expect(1, told);
    }
}
