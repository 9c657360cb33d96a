//! The filters, with the jq of the machine that runs the tests.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::answers::{good, hostile};
use super::{FILES, SCRIPTS, skipped};

/// What a filter makes of answers, one after the other; nothing if there is no jq.
fn filter(name: &str, answers: &[Value]) -> Option<String> {
    let text = &FILES[&format!("{SCRIPTS}/{name}.jq")];
    let jq = Command::new("jq")
        .args(["-r", text])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut jq) = jq else {
        skipped("there is no jq");
        return None;
    };
    let mut input = jq.stdin.take().expect("a pipe");
    let text: String = answers.iter().map(Value::to_string).collect();
    // A filter that fails does not read on; its complaint is shown below.
    let _ = input.write_all(text.as_bytes());
    drop(input);
    let output = jq.wait_with_output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {complaint}");
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Compares what a filter makes of an answer with what it should.
#[track_caller]
fn assert_filter(name: &str, answer: &Value, expected: &str) {
    if let Some(made) = filter(name, std::slice::from_ref(answer)) {
        assert_eq!(made, expected, "{name} of {answer}");
    }
}

#[test]
fn addresses_before_the_routes_that_need_them() {
    let expected = "public 04:01:2a:0f:2a:01 104.131.20.105/18\n\
                    public 04:01:2a:0f:2a:01 2604:A880:0800:0010:0000:0000:017D:2001/64\n\
                    more 04:01:2a:0f:2a:01 10.17.0.9/16\n\
                    default 04:01:2a:0f:2a:01 104.131.0.1\n\
                    default 04:01:2a:0f:2a:01 2604:A880:0800:0010:0000:0000:0000:0001\n\
                    more 04:01:2a:0f:2a:02 10.132.255.113/16\n";
    assert_filter("networking", &good(), expected);
}

#[test]
fn a_netmask_has_no_gaps() {
    for (mask, length) in [
        ("255.255.255.255", Some(32)),
        ("255.255.255.254", Some(31)),
        ("255.128.0.0", Some(9)),
        ("0.0.0.0", Some(0)),
        ("255.0.255.0", None),
        ("255.253.0.0", None),
        ("255.255.0", None),
        ("255.255.0.0.0", None),
        ("16", None),
    ] {
        let ipv4 = json!({ "ip_address": "10.0.0.1", "netmask": mask });
        let answer = json!({ "interfaces": { "public": [{ "ipv4": ipv4 }] } });
        let line = length.map(|length| format!("public eth0 10.0.0.1/{length}\n"));
        assert_filter("networking", &answer, &line.unwrap_or_default());
    }
}

#[test]
fn three_name_servers_at_most() {
    let expected =
        "nameserver 2001:4860:4860::8844\nnameserver 2001:4860:4860::8888\nnameserver 8.8.8.8\n";
    assert_filter("resolv-conf", &good(), expected);
    let four = json!({ "dns": { "nameservers": ["1.1.1.1", "2.2.2.2", "3.3.3.3", "4.4.4.4"] } });
    let expected = "nameserver 1.1.1.1\nnameserver 2.2.2.2\nnameserver 3.3.3.3\n";
    assert_filter("resolv-conf", &four, expected);
}

#[test]
fn nothing_comes_of_what_is_missing_or_hostile() {
    let answers = [vec![json!({})], hostile()].concat();
    for name in ["networking", "resolv-conf"] {
        if let Some(made) = filter(name, &answers) {
            assert_eq!(made, "", "{name}");
        }
    }
}
