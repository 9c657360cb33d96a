//! What `run` does with disks, by the examples as they are compiled.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};

use tempfile::TempDir;

/// An example in `directory`.
fn example(name: &str, directory: &Path, words: &[&str]) -> Command {
    let test = std::env::current_exe().expect("this program has a path");
    let beside: Option<PathBuf> = test.parent().and_then(Path::parent).map(Into::into);
    let programs = std::env::var_os("DISTILL_E2E_PROGRAMS").map(PathBuf::from);
    let examples = || beside.expect("cargo's directories").join("examples");
    let mut command = Command::new(programs.unwrap_or_else(examples).join(name));
    command
        .args(words)
        .current_dir(directory)
        .stdin(Stdio::piped());
    command
}

/// Calls an example; what it prints.
fn call(name: &str, directory: &Path, words: &[&str]) -> Output {
    let output = example(name, directory, words).output();
    output.expect("the examples are compiled: `cargo build --examples`")
}

/// Calls an example that boots a machine, and types something when the shell on the console is there;
/// how it ended, and what the console said.
fn boot(name: &str, directory: &Path, words: &[&str], typed: &str) -> (ExitStatus, String) {
    let mut command = example(name, directory, words);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("it runs");
    let (mut input, output) = (child.stdin.take(), child.stdout.take());
    let mut output = output.expect("a pipe");
    let (mut console, mut part) = (String::new(), [0; 4096]);
    while let Ok(count @ 1..) = output.read(&mut part) {
        console.push_str(&String::from_utf8_lossy(&part[..count]));
        if console.contains("~ # ")
            && let Some(mut input) = input.take()
        {
            input.write_all(typed.as_bytes()).expect("it reads");
        }
    }
    (child.wait().expect("a child"), console)
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
#[ignore = "builds an image and boots it"]
fn a_snapshot_is_thrown_away_and_copies_nothing() {
    let scratch = TempDir::new().expect("a directory");
    let line = call("qemu", scratch.path(), &["run", "--snapshot", "--dry-run"]);
    assert!(
        printed(&line).contains("format=qcow2"),
        "{}",
        printed(&line)
    );
    let images = scratch.path().join("target/images");
    let image = std::fs::read(images.join("qemu-x86_64.img")).expect("an image");
    let typed = "until grep ' /var ext4' /proc/mounts; do sleep 1; done; poweroff\n";
    let words = [
        "run",
        "--quiet",
        "--snapshot",
        "--disk-size",
        "300M",
        "--timeout",
        "280s",
    ];
    let (status, console) = boot("qemu", scratch.path(), &words, typed);
    assert!(console.contains("/dev/vda4 /var ext4 rw"), "{console}");
    assert!(status.success(), "{console}");
    let now = std::fs::read(images.join("qemu-x86_64.img")).expect("an image");
    assert!(now == image, "the image was changed");
    let left = std::fs::read_dir(&images).expect("a directory").count();
    assert_eq!(left, 1, "nothing is left beside the image");
}

#[test]
#[ignore = "builds images"]
fn every_platform_says_how_it_is_run_or_that_it_is_not() {
    let scratch = TempDir::new().expect("a directory");
    let dry = |example| call(example, scratch.path(), &["run", "--dry-run"]);
    let nitro = printed(&dry("nitro"));
    for part in [
        "nvme,drive=disk",
        "Amazon EC2",
        "OVMF_CODE",
        "guestfwd=tcp:169.254.169.254:80",
    ] {
        assert!(nitro.contains(part), "no {part}: {nitro}");
    }
    let cloud = printed(&dry("cloud"));
    assert!(cloud.contains("OpenStack Foundation"), "{cloud}");
    let netboot = printed(&dry("netboot"));
    assert!(
        netboot.contains("-kernel") && netboot.contains("-initrd"),
        "{netboot}"
    );
    let container = dry("container");
    let said = String::from_utf8_lossy(&container.stderr);
    assert_eq!(container.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot run `container`"), "{said}");
}
