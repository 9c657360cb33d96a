//! How machines end.

use std::time::Duration;

use tempfile::TempDir;

use crate::machine::{Boot, wait_until};
use crate::program::{DROPLET, QEMU};

/// How `run` ends when the machine's time is over.
const TIMED_OUT: i32 = 11;

#[test]
#[ignore = "builds an image and boots it"]
fn the_power_button_ends_a_machine_well() {
    let scratch = TempDir::new().expect("a scratch directory");
    let mut machine = Boot::new(QEMU, scratch.path()).start();
    // A shell that answers: everything that reads the button has been started.
    machine.wait_console("var-mount: formatting", 1);
    machine.type_line("s6-svwait -U /run/service/acpid && echo ready: $((6 * 7))");
    machine.wait_console("ready: 42", 1);
    machine.press_power_button();
    let status = machine.wait_end();
    assert!(status.success(), "the machine ended with {status}");
    let console = machine.console();
    assert!(console.contains("stopping services: poweroff"), "{console}");
    assert!(console.contains("system: poweroff"), "{console}");
}

#[test]
#[ignore = "builds an image and boots it"]
fn a_time_limit_ends_a_machine() {
    let scratch = TempDir::new().expect("a scratch directory");
    let mut machine = Boot {
        arguments: &["--timeout", "3s"],
        ..Boot::new(DROPLET, scratch.path())
    }
    .start();
    let status = machine.wait_end();
    assert_eq!(status.code(), Some(TIMED_OUT), "{status}");
    assert!(machine.age() < Duration::from_secs(30));
}

#[test]
#[ignore = "builds an image and boots it"]
fn a_machine_does_not_outlive_its_program() {
    let scratch = TempDir::new().expect("a scratch directory");
    let mut machine = Boot::new(DROPLET, scratch.path()).start();
    machine.wait_console("Linux version", 1);
    machine.kill_program();
    let gone = wait_until(|| (!machine.is_on()).then_some(()));
    assert!(gone.is_some(), "QEMU still runs");
}
