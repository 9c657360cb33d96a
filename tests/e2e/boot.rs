//! Boots a droplet in each of the ways that it may be booted.

use std::time::Duration;

use tempfile::TempDir;

use crate::machine::{Boot, Key, Machine};
use crate::program::DROPLET;
use crate::say;

/// Prints the second of the kernel's clock in which the last service was ready.
const READY: &str = "cd /run/service
    names=$(for file in */notification-fd; do echo ${file%/*}; done)
    s6-svwait -U -t 60000 $names || exit
    latest=$(for name in $names; do s6-svstat -o readyfor $name; done | sort -n | head -n 1)
    echo $(($(cut -d . -f 1 /proc/uptime) - latest))";

/// Waits for SSH and for all services, and tells how long that took.
fn measure(machine: &mut Machine, key: &Key, how: &str) {
    machine.wait_banner();
    let answers = machine.age().as_secs_f64();
    let ready = machine.check(key, READY);
    say(&format!(
        "boot time, {how}: SSH answers {answers:.1} s after QEMU's start, \
         all services are ready {ready} s after the kernel's"
    ));
}

#[test]
#[ignore = "builds an image and boots it"]
fn on_a_bios_the_key_lets_in_and_var_lasts() {
    let scratch = TempDir::new().expect("a scratch directory");
    let image = DROPLET.build(scratch.path(), &[]);
    assert_eq!(image, scratch.path().join("target/images/droplet.img"));
    let key = Key::new(scratch.path(), "key");
    let stranger = Key::new(scratch.path(), "stranger");
    let mut machine = Boot {
        key: Some(&key),
        ..Boot::new(DROPLET, scratch.path())
    }
    .start();
    measure(&mut machine, &key, "BIOS, first boot");
    assert!(
        !machine.ssh(&stranger, "true").status.success(),
        "a stranger was let in"
    );
    root_is_fixed(&machine, &key);
    machine.check(&key, "mountpoint -q /var && echo kept > /var/lib/kept");
    machine.check(&key, "curl --version && jq --version && ip -o link");
    let console = machine.console();
    assert!(console.contains("metadata: fetched from"), "{console}");
    assert!(!console.contains("cannot"), "a first boot is quiet");
    // The connection may or may not survive the command.
    let _ = machine.ssh(&key, "reboot");
    machine.wait_console("Linux version", 2);
    machine.wait_ssh(&key);
    assert_eq!(machine.check(&key, "cat /var/lib/kept"), "kept");
    machine.power_off(&key);
}

/// Nothing can be written but what is meant to be.
fn root_is_fixed(machine: &Machine, key: &Key) {
    machine.check(key, "grep -q ' / squashfs ro' /proc/mounts");
    machine.check(key, "grep -q ' /var ext4 rw' /proc/mounts");
    for path in ["/x", "/etc/x", "/usr/bin/x"] {
        let output = machine.ssh(key, &format!("touch {path}"));
        assert!(!output.status.success(), "{path} could be written");
    }
}

#[test]
#[ignore = "builds an image and boots it"]
fn on_uefi() {
    let scratch = TempDir::new().expect("a scratch directory");
    let key = Key::new(scratch.path(), "key");
    let mut machine = Boot {
        key: Some(&key),
        arguments: &["--firmware", "uefi"],
        ..Boot::new(DROPLET, scratch.path())
    }
    .start();
    measure(&mut machine, &key, "UEFI, first boot");
    machine.check(&key, "test -d /sys/firmware/efi");
    machine.power_off(&key);
}

#[test]
#[ignore = "builds an image and boots it"]
fn without_a_cloud_it_comes_up_soon() {
    let scratch = TempDir::new().expect("a scratch directory");
    let mut machine = Boot {
        arguments: &["--no-metadata"],
        ..Boot::new(DROPLET, scratch.path())
    }
    .start();
    machine.wait_console("Run /init", 1);
    let begin = machine.age();
    machine.wait_console("metadata: nobody has the address 169.254.169.254", 1);
    machine.wait_banner();
    say(&format!(
        "boot time, no cloud: SSH answers {:.1} s after QEMU's start",
        machine.age().as_secs_f64()
    ));
    // The search takes three seconds, and the rest what it takes elsewhere.
    let took = machine.age().saturating_sub(begin);
    assert!(took < Duration::from_secs(60), "{took:?}");
}

#[test]
#[ignore = "builds an image and boots it"]
fn the_cloud_and_its_dhcp_agree() {
    let scratch = TempDir::new().expect("a scratch directory");
    let key = Key::new(scratch.path(), "key");
    let mut machine = Boot {
        key: Some(&key),
        ..Boot::new(DROPLET, scratch.path())
    }
    .start();
    machine.wait_ssh(&key);
    let own = "ip -o -4 addr show dev eth0 | sed 's/.* inet \\([^ ]*\\).*/\\1/'";
    let told = machine.check(&key, own);
    let lease = machine.check(
        &key,
        "printf '#!/bin/sh\\n[ \"$1\" != bound ] || echo \"$ip/$mask\"\\n' > /var/lib/lease \
         && chmod +x /var/lib/lease && udhcpc -q -n -f -i eth0 -s /var/lib/lease",
    );
    assert_eq!(told, lease);
    machine.check(
        &key,
        "curl -s http://169.254.169.254/metadata/v1/hostname | grep -qx droplet",
    );
    machine.power_off(&key);
}
