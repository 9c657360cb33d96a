//! From a program to a machine that is logged in to: builds the droplet image and boots it.
//!
//! Needs namespaces, Debian's pool, a few gigabytes and some minutes, so it runs only when asked for:
//! `cargo test --test e2e -- --ignored`. `.ci/end-to-end` runs it as an unprivileged user.

mod machine;

use std::path::{Path, PathBuf};
use std::process::Command;

use machine::{Boot, Key, Machine};

/// The compiled example: beside this test, or where the environment says.
fn droplet() -> PathBuf {
    if let Some(path) = std::env::var_os("DISTILL_E2E_PROGRAM") {
        return path.into();
    }
    let test = std::env::current_exe().expect("this program has a path");
    let directory = test
        .parent()
        .and_then(Path::parent)
        .expect("cargo's directories");
    directory.join("examples").join("droplet")
}

/// Builds the image with nothing of the host's environment but a home, and nothing in `PATH`.
fn build(directory: &Path) {
    let home = std::env::var_os("HOME").expect("a home");
    let output = Command::new(droplet())
        .arg("build")
        .env_clear()
        .env("HOME", home)
        .env("PATH", "")
        .current_dir(directory)
        .output()
        .expect("the example is compiled: `cargo build --examples`");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "the image was not built:\n{stderr}"
    );
    let stdout = String::from_utf8_lossy(&output.stdout);
    let last = stdout
        .lines()
        .last()
        .expect("the path of the image is printed");
    let image = directory.join("target/images/droplet.img");
    assert_eq!(
        directory.join(last),
        image,
        "the last line is the image's path"
    );
    assert!(image.is_file());
}

#[test]
#[ignore = "needs namespaces and Debian's pool, builds an image and boots it"]
fn a_droplet_is_built_boots_and_can_be_logged_in_to() {
    let scratch = tempfile::tempdir().expect("a scratch directory");
    build(scratch.path());
    let (key, stranger) = (
        Key::new(scratch.path(), "key"),
        Key::new(scratch.path(), "stranger"),
    );
    first_boot_and_reboot(scratch.path(), &key, &stranger);
    uefi(scratch.path(), &key);
    without_metadata(scratch.path());
    power_cut(scratch.path(), &key);
}

/// On a BIOS: keys, what can be written, what lasts over a reboot, and a clean end.
fn first_boot_and_reboot(scratch: &Path, key: &Key, stranger: &Key) {
    let boot = Boot {
        disk: scratch.join("bios.disk"),
        key: Some(key),
        arguments: &[],
    };
    let mut machine = Machine::start(&droplet(), scratch, &boot);
    machine.wait_ssh(key);
    assert!(
        !machine.ssh(stranger, "true").status.success(),
        "a stranger was let in"
    );
    let root = machine.ssh(key, "touch /etc/x");
    assert!(
        !root.status.success(),
        "the root file system could be written"
    );
    machine.check(
        key,
        "mountpoint -q /var && echo kept > /var/lib/kept && sync",
    );
    machine.check(key, "grep -q ' / squashfs ro' /proc/mounts");
    machine.check(key, "grep -q ' /var ext4 rw' /proc/mounts");
    machine.check(key, "curl --version && jq --version && ip -o link");
    // The connection may or may not survive the command.
    let _ = machine.ssh(key, "reboot");
    machine.wait_console("Linux version", 2);
    machine.wait_ssh(key);
    machine.check(key, "test \"$(cat /var/lib/kept)\" = kept");
    let _ = machine.ssh(key, "poweroff");
    machine.wait_end();
}

fn uefi(scratch: &Path, key: &Key) {
    let arguments = &["--firmware", "uefi"];
    let boot = Boot {
        disk: scratch.join("uefi.disk"),
        key: Some(key),
        arguments,
    };
    let mut machine = Machine::start(&droplet(), scratch, &boot);
    machine.wait_ssh(key);
    machine.check(key, "test -d /sys/firmware/efi");
    let _ = machine.ssh(key, "poweroff");
    machine.wait_end();
}

/// Where no cloud answers, the machine says so and comes up all the same.
fn without_metadata(scratch: &Path) {
    let arguments = &["--no-metadata"];
    let boot = Boot {
        disk: scratch.join("alone.disk"),
        key: None,
        arguments,
    };
    let mut machine = Machine::start(&droplet(), scratch, &boot);
    machine.wait_console("metadata", 1);
    machine.wait_banner();
}

/// The power fails in the middle of the first boot; the next one makes up for it.
fn power_cut(scratch: &Path, key: &Key) {
    let disk = scratch.join("cut.disk");
    for text in ["Run /init", "var-mount: formatting"] {
        let boot = Boot {
            disk: disk.clone(),
            key: Some(key),
            arguments: &[],
        };
        let mut machine = Machine::start(&droplet(), scratch, &boot);
        machine.wait_console(text, 1);
        machine.cut_power();
    }
    let boot = Boot {
        disk,
        key: Some(key),
        arguments: &[],
    };
    let mut machine = Machine::start(&droplet(), scratch, &boot);
    machine.wait_ssh(key);
    machine.check(key, "grep -q ' /var ext4 rw' /proc/mounts");
    let _ = machine.ssh(key, "poweroff");
    machine.wait_end();
}
