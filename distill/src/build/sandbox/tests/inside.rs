//! What a program sees inside.

use std::fs;

use super::fixture::Trial;
use crate::build::sandbox::Status;

#[test]
fn environment_is_exact() {
    let Some(mut trial) = Trial::sh("") else {
        return;
    };
    trial.spec.program = "/bin/env".into();
    trial.spec.args.clear();
    trial.spec.env = vec![("B".into(), "2 = two".into()), ("A".into(), String::new())];
    assert_eq!(trial.succeed(), "B=2 = two\nA=\n");
}

#[test]
fn exit_code_is_passed_on() {
    let Some(trial) = Trial::sh("echo said >&2; exit 42") else {
        return;
    };
    let (exit, printed) = trial.run();
    assert_eq!(exit.status, Status::Code(42));
    assert_eq!(printed, "said\n");
}

#[test]
fn writes_land_in_upper_and_out() {
    let Some(trial) = Trial::sh("echo a > /new; echo b > /low; echo c > /out/made") else {
        return;
    };
    let trial = trial.with_layer(&[("low", "original")]);
    trial.succeed();
    let read = |path| fs::read_to_string(path).unwrap();
    assert_eq!(read(trial.upper().join("new")), "a\n");
    assert_eq!(read(trial.upper().join("low")), "b\n");
    assert_eq!(read(trial.spec.out.join("made")), "c\n");
    assert_eq!(read(trial.spec.root[0].layers[1].join("low")), "original");
}
