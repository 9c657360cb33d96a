//! What a cloud may say, and what somebody may say who is none.

use serde_json::{Value, json};

/// An answer as DigitalOcean documents it.
pub(super) fn good() -> Value {
    serde_json::from_str(include_str!("metadata.json")).expect("JSON")
}

/// Values that are not what they should be, whatever that is.
fn wrong_values() -> Vec<Value> {
    vec![
        json!("$(touch pwned)"),
        json!("; touch pwned"),
        json!("`touch pwned`"),
        json!("'\"\\"),
        json!("1.2.3.4\npublic eth0 6.6.6.6/8"),
        json!("1.2.3.4\n"),
        json!("1.2.3.4 via"),
        json!("1.2.3.256"),
        json!("01.2.3.4"),
        json!("1.2.3"),
        json!("-h"),
        json!("--help"),
        json!("../../etc/passwd"),
        json!("ssh-ed25519 AAAA\nssh-ed25519 BBBB x"),
        json!("command=\"touch pwned\" ssh-ed25519 AAAAC3Nz"),
        json!("restrict,pty ssh-ed25519 AAAAC3Nz"),
        json!("ssh-ed25519 AAAAC3Nz \u{7}"),
        json!("ssh-ed25519 AAAAC3Nz\u{0} x"),
        json!("x".repeat(1 << 16)),
        json!(""),
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!([]),
        json!(["a", ["b"]]),
        json!({}),
        json!({"a": {"b": 1}}),
    ]
}

/// Answers with such values in every place that somebody looks at, and at every depth.
pub(super) fn hostile() -> Vec<Value> {
    wrong_values().iter().flat_map(with).collect()
}

fn with(value: &Value) -> [Value; 4] {
    // A host name may look like an address.
    let name = value
        .as_str()
        .filter(|text| text.starts_with(|char: char| char.is_ascii_digit()));
    let hostname = name.map_or(value, |_| &Value::Null);
    let address = json!({ "ip_address": value, "netmask": value, "cidr": value, "gateway": value });
    let interface = json!({
        "ipv4": address, "ipv6": address, "anchor_ipv4": address, "mac": value, "type": value,
    });
    let shallow_interface = json!({ "ipv4": value, "ipv6": value, "anchor_ipv4": value });
    [
        json!({
            "hostname": hostname, "public_keys": [value, value], "dns": { "nameservers": [value] },
            "interfaces": { "public": [interface, value], "private": [interface] },
        }),
        json!({ "interfaces": { "public": [shallow_interface], "private": [shallow_interface] } }),
        json!({ "dns": { "nameservers": value }, "interfaces": { "public": value, "private": value } }),
        json!({ "hostname": hostname, "public_keys": value, "dns": value, "interfaces": value }),
    ]
}
