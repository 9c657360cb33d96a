//! Every platform, booted in QEMU as its hardware or cloud would, and every form of an image.
//!
//! Needs namespaces, Debian's pool and some minutes, so it runs only when asked for:
//! `cargo test --test platforms -- --ignored --test-threads=1`. Containers want root and an OCI runtime, and
//! say so where these are not there.

mod boot;
mod cloud;
mod config_drive;
mod container;
mod image;
mod late;
mod owners;
mod run;

use std::process::Command;

/// Whether the host has these programs. A test without them says so; where all is to be tested, it fails.
fn has(programs: &[&str]) -> bool {
    let missing = |program: &&&str| Command::new(program).arg("--version").output().is_err();
    match programs.iter().find(missing) {
        None => true,
        Some(program) => {
            skipped(&format!("the host has no {program}"));
            false
        }
    }
}

fn skipped(why: &str) {
    say(&format!("skipped: {why}"));
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{why}");
}

/// Runs a program that has to succeed; what it prints.
#[track_caller]
fn succeed(command: &mut Command) -> String {
    let output = command.output().expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_owned()
}

/// Tells what was not tested, and why.
#[allow(clippy::print_stderr, reason = "a figure is there to be seen")]
fn say(what: &str) {
    eprintln!("{what}");
}
