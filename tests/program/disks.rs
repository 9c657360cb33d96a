//! What a machine may lack: room, a disk that can be written to, the right to make namespaces. Each is
//! arranged in namespaces of its own.

use std::process::Command;

use crate::world::{Ran, World, program, skip};

/// A disk with room for many bytes, but not for many files.
const FEW_FILES: &str = "mount -t tmpfs -o size=1g,nr_inodes=300 tmpfs \"$store\"";

/// Runs the program after `arrange`, a script for which `$store` is the store's directory.
fn run_where(world: &World, arrange: &str, args: &[&str]) -> Option<Ran> {
    std::fs::create_dir_all(world.store()).expect("a directory");
    let mut command = Command::new("/usr/bin/unshare");
    let script = format!(
        "export PATH=/usr/sbin:/usr/bin:/sbin:/bin\nstore=$1; shift\n{arrange} || exit 99\nPATH= exec \"$@\""
    );
    command.args(["--map-root-user", "--mount", "/bin/sh", "-c", &script, "sh"]);
    command.arg(world.store()).arg(program());
    let mut command = world.settled(command, args);
    let Ok(child) = command.env("WORKSHOP", "mistakes").spawn() else {
        skip("`unshare` of util-linux is not there");
        return None;
    };
    let ran = Ran::end_of(child);
    if ran.status.code() == Some(99) {
        skip(&format!("cannot arrange `{arrange}`: {}", ran.stderr));
        return None;
    }
    Some(ran)
}

#[track_caller]
fn fails_where(arrange: &str, args: &[&str], code: i32, told: &[&str]) {
    let Some(world) = World::new() else { return };
    if let Some(ran) = run_where(&world, arrange, args) {
        ran.expect(code, told);
    }
}

#[test]
fn too_little_room_is_said_before_anything_is_built() {
    let told = [
        "64.0 MiB left, and a build takes 512.0 MiB",
        "hint: free some space (`gc` drops",
    ];
    let arrange = "mount -t tmpfs -o size=64m tmpfs \"$store\"";
    fails_where(arrange, &["build", "no-output"], 15, &told);
}

#[test]
fn a_disk_that_becomes_full() {
    let told = [
        "error: files of the recipe: cannot create `",
        "because: No space left on device",
        "hint: free some space (`gc` drops",
    ];
    fails_where(FEW_FILES, &["build", "many-files"], 15, &told);
}

#[test]
fn a_disk_that_becomes_full_in_a_build() {
    let told = [
        "error: large: the build ended with exit status 1, and the disk of the store is full",
        "No space left on device",
        "hint: free some space (`gc` drops",
    ];
    fails_where(FEW_FILES, &["build", "large"], 15, &told);
}

#[test]
fn an_output_that_cannot_be_written() {
    let arrange = "mkdir \"$HOME/out\" && mount -t tmpfs -o ro tmpfs \"$HOME/out\"";
    let Some(world) = World::new() else { return };
    if let Some(ran) = run_where(&world, arrange, &["--output", "out/paint"]) {
        let told = [
            "cannot write to `",
            "hint: choose another place with `--output`",
        ];
        ran.expect(15, &told);
        assert!(
            !ran.stderr.contains("building"),
            "after the work:\n{}",
            ran.stderr
        );
    }
}

#[test]
fn a_read_only_disk() {
    let arrange = "mount -t tmpfs -o ro tmpfs \"$store\"";
    let told = [
        "because: ",
        "hint: use a store on a writable file system, with `--store` or `DISTILL_STORE`",
    ];
    fails_where(arrange, &["build", "no-output"], 15, &told);
}

#[test]
fn a_disk_without_programs() {
    let arrange = "mount -t tmpfs -o noexec tmpfs \"$store\"";
    let told = [
        "programs on its file system cannot be run (it is mounted with `noexec`)",
        "hint: use a store on another file system",
    ];
    fails_where(arrange, &["build", "no-output"], 15, &told);
}

#[test]
fn user_namespaces_that_are_forbidden() {
    let arrange = "echo 0 > /proc/sys/user/max_user_namespaces";
    let told = [
        "cannot make user namespaces: they are switched off (`user.max_user_namespaces` is 0)",
        "hint: `sudo sysctl -w user.max_user_namespaces=15000`",
    ];
    fails_where(arrange, &["build", "no-output"], 15, &told);
    fails_where(
        arrange,
        &["doctor"],
        15,
        &[
            "unfit  namespaces",
            "sudo sysctl -w user.max_user_namespaces=15000",
        ],
    );
}

/// A lower stack once gave an image that was invalid, and recorded as good.
#[test]
fn a_limit_that_is_lower_than_what_builds_are_promised() {
    let told = [
        "the limit on stack is 1048576 here, but builds are promised 8388608",
        "hint: start from a shell in which `ulimit -Hs` says 8192 or more",
    ];
    let arrange = "ulimit -Ss 1024; ulimit -Hs 1024";
    fails_where(arrange, &["build", "no-output"], 15, &told);
    fails_where(arrange, &["doctor"], 15, &["unfit  limits"]);
}

/// As engines of containers have it: what refuses is named.
#[test]
fn settings_that_are_read_only() {
    let told = ["parts of this one are hidden, by mounts on /proc/sys"];
    let arrange = "mount --bind -o ro /proc/sys /proc/sys";
    fails_where(arrange, &["build", "no-output"], 15, &told);
}
