//! What is said when a sandbox cannot start.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::fixture::{Trial, silent};
use crate::engine::sandbox::{SandboxError, Spec, spawn};

/// The whole chain of messages, with the trial's directory written as `DIR`.
fn message(trial: &Trial) -> String {
    let error = spawn(&trial.spec, silent()).unwrap_err();
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        write!(text, ": {cause}").unwrap();
        source = cause.source();
    }
    text.replace(trial.directory().as_str(), "DIR")
}

fn broken(change: impl FnOnce(&mut Spec)) -> Option<String> {
    let mut trial = Trial::sh("")?;
    change(&mut trial.spec);
    Some(message(&trial))
}

#[test]
fn missing_program() {
    let Some(text) = broken(|spec| spec.program = "/bin/nothing".into()) else {
        return;
    };
    insta::assert_snapshot!(text, @r"
    cannot execute `/bin/nothing` in the sandbox
    hint: it, or the interpreter that it names, is in none of the layers: No such file or directory (os error 2)
    ");
}

#[test]
fn program_that_may_not_be_executed() {
    let Some(trial) = Trial::sh("") else { return };
    let mut trial = trial.with_layer(&[("text", "no program")]);
    trial.spec.program = "/text".into();
    insta::assert_snapshot!(message(&trial), @"cannot execute `/text` in the sandbox: Permission denied (os error 13)");
}

#[test]
fn file_of_no_known_format() {
    let Some(trial) = Trial::sh("") else { return };
    let mut trial = trial.with_layer(&[("text", "no program")]);
    let file = trial.spec.root[0].layers[1].join("text");
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    trial.spec.program = "/text".into();
    insta::assert_snapshot!(message(&trial), @"cannot execute `/text` in the sandbox: Exec format error (os error 8)");
}

#[test]
fn missing_layer() {
    let Some(mut trial) = Trial::sh("") else {
        return;
    };
    let missing = trial.directory().join("missing");
    trial.spec.root[0].layers.insert(0, missing);
    insta::assert_snapshot!(message(&trial), @"cannot set up the sandbox: failed to open directory `DIR/missing`: No such file or directory (os error 2)");
}

#[test]
fn missing_directory_on_top() {
    let Some(mut trial) = Trial::sh("") else {
        return;
    };
    trial.spec.root[0].top = trial.directory().join("missing");
    insta::assert_snapshot!(message(&trial), @"cannot make mount point `DIR/missing/out`: No such file or directory (os error 2)");
}

#[test]
fn missing_output() {
    let Some(mut trial) = Trial::sh("") else {
        return;
    };
    trial.spec.writable[0].directory = trial.directory().join("missing");
    insta::assert_snapshot!(message(&trial), @"cannot set up the sandbox: failed to bind `DIR/missing` to `out`: No such file or directory (os error 2)");
}

#[test]
fn missing_working_directory() {
    let Some(text) = broken(|spec| spec.cwd = "/missing".into()) else {
        return;
    };
    insta::assert_snapshot!(text, @"cannot set up the sandbox: failed to enter directory `/missing`: No such file or directory (os error 2)");
}

#[test]
fn argument_with_a_nul_byte() {
    let Some(text) = broken(|spec| spec.args.push("a\0b".into())) else {
        return;
    };
    insta::assert_snapshot!(text, @r"cannot pass `a\0b` to a program: it holds a NUL byte");
}

#[test]
fn no_root() {
    let Some(text) = broken(|spec| spec.root[0].at = "/sysroot".into()) else {
        return;
    };
    insta::assert_snapshot!(text, @"cannot place a file system at `/sysroot`: want `/` first, then clean absolute paths");
}

#[test]
fn place_that_leads_elsewhere() {
    let Some(trial) = Trial::sh("") else { return };
    let mut trial = trial.with_stack("/sysroot", &[]);
    trial.spec.root[1].at = "/sysroot/../etc".into();
    assert!(spawn(&trial.spec, silent()).is_err());
    trial.spec.root.pop();
    trial.spec.writable[1].at = "/sysroot/../etc".into();
    insta::assert_snapshot!(message(&trial), @"cannot place a file system at `/sysroot/../etc`: want `/` first, then clean absolute paths");
}

#[test]
fn a_failed_start_leaves_nothing_mounted() {
    let Some(mut trial) = Trial::sh("") else {
        return;
    };
    trial.spec.cwd = "/missing".into();
    let error = spawn(&trial.spec, silent()).unwrap_err();
    assert!(matches!(error, SandboxError::Step { .. }));
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    assert!(!mounts.contains(trial.directory().as_str()), "{mounts}");
}
