//! Keys and name, which the scripts of every cloud make of what this one says.

use serde_json::{Value, json};

use super::answers::{good, hostile};
use super::machine::Machine;

/// The keys that are let in.
fn keys(machine: &Machine, answer: &Value) -> String {
    machine.with_metadata(answer).run("pubkeys");
    machine.text("run/ssh/authorized_keys/root")
}

/// The name that the machine is given, if it is given one.
fn name(machine: &Machine, answer: &Value) -> Option<String> {
    machine.write("out/calls", "");
    machine.with_metadata(answer).run("hostname");
    let calls = machine.calls();
    let mut names = calls
        .lines()
        .filter_map(|call| call.strip_prefix("hostname "));
    names.next().map(str::to_owned)
}

#[test]
fn keys_one_a_line() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let expected = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3t5ZBY6J0Zb6bZ1vT0zcu0w0Zr3H3PqFQ6M1nB8v1p me@home\n\
                    ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ== a b c\n";
    assert_eq!(keys(&machine, &good()), expected);
}

#[test]
fn every_kind_of_key_and_nothing_in_front_of_it() {
    let Some(machine) = Machine::new() else {
        return;
    };
    for (key, good) in [
        ("ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY=", true),
        (
            "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5 me",
            true,
        ),
        ("sk-ecdsa-sha2-nistp256@openssh.com AAAAInNrLWVjZHNh", true),
        ("no-pty ssh-rsa AAAAB3Nz", false),
        ("environment=\"A=b\" ssh-rsa AAAAB3Nz", false),
        (" ssh-rsa AAAAB3Nz", false),
        ("#ssh-rsa AAAAB3Nz", false),
        ("ssh-rsa\tAAAAB3Nz", false),
        ("ssh-rsa AAAAB3Nz\ttab", false),
        ("ssh-rsa AAAAB3Nz two\nssh-rsa AAAAB3Nz lines", false),
        ("ssh-rsa BBBBB3Nz", false),
    ] {
        let expected = if good {
            format!("{key}\n")
        } else {
            String::new()
        };
        let answer = json!({ "hostname": "web1", "public_keys": [key] });
        assert_eq!(keys(&machine, &answer), expected, "{key}");
    }
}

#[test]
fn a_host_name_is_one() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let long = "a".repeat(64);
    for (wanted, given) in [
        ("a", Some("a")),
        ("web1.example.org", Some("web1.example.org")),
        ("web1.example.org.", Some("web1.example.org")),
        ("nitro-ami-x86_64", Some("nitro-ami-x86-64")),
        ("__web__1_.", Some("web--1")),
        ("_", None),
        (&long, Some(&*long)),
        ("-web1", None),
        ("web1-", None),
        (".", None),
        ("web_1", Some("web-1")),
        ("wéb", None),
        ("$(touch pwned)", None),
        ("-h", None),
        ("a\nkey ssh-rsa AAAAB3Nz", None),
        ("", None),
        (&"a".repeat(65), None),
        // The kernel takes 64 bytes.
        (&format!("web1.{long}"), Some("web1")),
    ] {
        let answer = json!({ "hostname": wanted, "public_keys": [] });
        assert_eq!(name(&machine, &answer).as_deref(), given, "{wanted}");
    }
}

#[test]
fn no_key_comes_of_what_is_missing_or_hostile() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let answers: String = hostile().iter().map(Value::to_string).collect();
    machine.with_page(&answers);
    assert!(
        machine
            .text("run/cloud/answer")
            .contains("key $(touch pwned)\n")
    );
    machine.run("pubkeys");
    assert_eq!(machine.text("run/ssh/authorized_keys/root"), "");
}
