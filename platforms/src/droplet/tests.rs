//! The system as a whole as data, and each script in a directory that stands for a machine's root,
//! with programs that write down what they were called with.

mod machine;

use distill::plan::{Contents, LiteralNode};
use distill::system::{Root, System};
use serde_json::{Value, json};

use super::droplet;
use machine::{Machine, machines};

/// An answer as DigitalOcean documents it.
fn answer() -> Value {
    serde_json::from_str(include_str!("tests/metadata.json")).expect("JSON")
}

fn root() -> Root {
    droplet()
        .root(&System::new())
        .expect("a system without mistakes")
}

fn text(root: &Root, path: &str) -> String {
    match root.files.0.get(path) {
        Some(LiteralNode::File {
            contents: Contents::Bytes(bytes),
            ..
        }) => String::from_utf8(bytes.to_vec()).expect("text"),
        other => panic!("{path}: {other:?}"),
    }
}

#[test]
fn service_directories() {
    let root = root();
    let run = |name: &str| {
        let run = text(&root, &format!("etc/s6/service/{name}/run"));
        format!("== {name}\n{run}")
    };
    let names = [
        "metadata",
        "pubkeys",
        "networking",
        "resolv-conf",
        "hostname",
        "dhcp.eth0",
    ];
    insta::assert_snapshot!(names.map(run).join("\n"));
}

#[test]
fn the_command_line_has_both_consoles() {
    let platform = droplet();
    let words = platform.cmdline.texts(&platform.config).unwrap();
    assert_eq!(words, ["console=tty0", "console=ttyS0,115200"]);
}

#[test]
fn without_what_a_system_does_itself() {
    let platform = ["networking", "resolv-conf", "dhcp.eth0"]
        .into_iter()
        .fold(droplet(), |platform, name| platform.without(name));
    platform.root(&System::new()).unwrap();
}

#[test]
fn metadata_is_fetched_once_as_its_own_user() {
    for machine in machines() {
        machine.with_answer(&answer()).run("metadata");
        assert_eq!(machine.json("run/droplet/metadata.json"), answer());
        assert_eq!(machine.mode("run/droplet/metadata.json"), 0o600);
        assert!(!machine.exists("run/droplet/metadata.json.new"));
        insta::assert_snapshot!("fetched", machine.calls());
        let console = machine.text("dev/ttyS0");
        assert_eq!(
            console,
            "metadata: fetched from http://169.254.169.254/metadata/v1.json\n"
        );
    }
}

#[test]
fn without_an_answer_the_consoles_say_so() {
    let too_long = format!("{{\"x\":\"{}\"}}", "x".repeat(1 << 20));
    for wrong in ["", "[]", "<html>", "{", &too_long] {
        for machine in machines() {
            if !wrong.is_empty() {
                machine.write("answer", wrong);
            }
            machine.run("metadata");
            assert!(!machine.exists("run/droplet/metadata.json"), "{wrong:.20}");
            assert!(!machine.exists("run/droplet/metadata.json.new"));
            for tty in ["dev/tty0", "dev/ttyS0"] {
                let said = machine.text(tty);
                assert!(
                    said.contains("no answer from http://169.254.169.254"),
                    "{said}"
                );
                assert!(said.contains("going on without metadata"), "{said}");
            }
            let calls = machine.calls();
            assert_eq!(calls.matches("wget").count(), 3, "{calls}");
            assert!(
                calls.ends_with("ip addr del 169.254.43.1/16 dev eth0\n"),
                "{calls}"
            );
        }
    }
}

#[test]
fn without_an_interface_too() {
    for machine in machines() {
        machine.remove("sys/class/net/eth0");
        machine.run("metadata");
        assert!(machine.text("dev/tty0").contains("there is no eth0"));
        assert!(!machine.calls().contains("ip "), "{}", machine.calls());
    }
}

#[test]
fn the_link_local_address_comes_from_the_hardware() {
    // The server's own address, and a range that is not for machines.
    for (mac, address) in [
        ("52:54:00:12:34:56", "169.254.53.86/16"),
        ("52:54:00:12:a8:fe", "169.254.169.253/16"),
        ("52:54:00:12:ff:ff", "169.254.2.255/16"),
        ("52:54:00:12:00:00", "169.254.1.0/16"),
    ] {
        for machine in machines() {
            machine.write("sys/class/net/eth0/address", &format!("{mac}\n"));
            machine.run("metadata");
            let calls = machine.calls();
            assert!(
                calls.contains(&format!("ip addr add {address} dev eth0\n")),
                "{calls}"
            );
        }
    }
}

#[test]
fn addresses_and_routes() {
    for machine in machines() {
        machine.with_metadata(&answer()).run("networking");
        insta::assert_snapshot!("networking", machine.calls());
        assert!(machine.exists("run/droplet/configured"));
    }
}

#[test]
fn keys() {
    for machine in machines() {
        machine.with_metadata(&answer()).run("pubkeys");
        let keys = answer()["public_keys"].as_array().unwrap().clone();
        let lines: String = keys
            .iter()
            .map(|key| format!("{}\n", key.as_str().unwrap().trim()))
            .collect();
        assert_eq!(machine.text("run/ssh/authorized_keys/root"), lines);
        assert_eq!(machine.mode("run/ssh/authorized_keys/root"), 0o600);
        assert!(!machine.exists("run/ssh/authorized_keys/root.new"));
    }
}

#[test]
fn name_servers() {
    for machine in machines() {
        machine.with_metadata(&answer()).run("resolv-conf");
        let lines = "nameserver 2001:4860:4860::8844\nnameserver 2001:4860:4860::8888\nnameserver 8.8.8.8\n";
        assert_eq!(machine.text("run/resolv.conf"), lines);
        assert_eq!(machine.mode("run/resolv.conf"), 0o644);
    }
}

#[test]
fn the_host_name_of_the_image_wins() {
    for machine in machines() {
        machine.with_metadata(&answer()).run("hostname");
        assert!(
            machine.calls().ends_with("hostname sample-droplet\n"),
            "{}",
            machine.calls()
        );
    }
    for machine in machines() {
        machine.write("etc/hostname", "web1\n");
        machine.with_metadata(&answer()).run("hostname");
        assert_eq!(machine.calls(), "");
    }
}

#[test]
fn without_metadata_nothing_is_done() {
    for script in ["pubkeys", "networking", "resolv-conf", "hostname"] {
        for machine in machines() {
            machine.run(script);
            assert_eq!(machine.calls(), "", "{script}");
            assert!(!machine.exists("run/droplet/configured"));
            assert!(!machine.exists("run/resolv.conf"));
        }
    }
}

/// Values in all places that are not what they should be: no word of them may come through.
#[test]
fn what_is_wrong_or_hostile_goes_nowhere() {
    let evil = [
        json!("$(touch pwned)"),
        json!("; touch pwned"),
        json!("`touch pwned`"),
        json!("'\"\\"),
        json!("1.2.3.4\nwhatever 1.2.3.4"),
        json!("1.2.3.4\n"),
        json!("1.2.3.4 via"),
        json!("1.2.3.256"),
        json!("01.2.3.4"),
        json!("-h"),
        json!("--help"),
        json!("../../etc/passwd"),
        json!("ssh-ed25519 AAAA\nssh-ed25519 BBBB x"),
        json!("command=\"touch pwned\" ssh-ed25519 AAAAC3Nz"),
        json!("ssh-ed25519 AAAAC3Nz \u{7}"),
        json!(""),
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!([]),
        json!(["a", ["b"]]),
        json!({}),
        json!({"a": {"b": 1}}),
    ];
    for value in &evil {
        let address =
            json!({ "ip_address": value, "netmask": value, "cidr": value, "gateway": value });
        let interface = json!({
            "ipv4": address, "ipv6": address, "anchor_ipv4": address, "mac": value, "type": value,
        });
        let everywhere = json!({
            "hostname": value, "public_keys": [value, value], "dns": { "nameservers": [value] },
            "interfaces": { "public": [interface, value], "private": [interface] },
        });
        let shallow = json!({
            "hostname": value, "public_keys": value, "dns": value, "interfaces": value,
        });
        let middle = json!({
            "dns": { "nameservers": value }, "interfaces": { "public": value, "private": value },
        });
        for metadata in [everywhere, shallow, middle] {
            for machine in machines() {
                nothing_comes_through(&machine.with_metadata(&metadata));
            }
        }
    }
}

fn nothing_comes_through(machine: &Machine) {
    for script in ["pubkeys", "networking", "resolv-conf", "hostname"] {
        machine.run(script);
    }
    let calls = machine.calls();
    let harmless = |line: &str| line.starts_with("s6-setuidgid metadata jq ");
    assert!(calls.lines().all(harmless), "{calls}");
    assert!(!machine.exists("run/droplet/configured"));
    assert!(!machine.exists("run/resolv.conf"));
    assert!(!machine.exists("pwned"));
    assert_eq!(machine.text("run/ssh/authorized_keys/root"), "");
}

#[test]
fn gaps_in_a_netmask_leave_the_address_out() {
    for (mask, length) in [
        ("255.255.255.254", Some(31)),
        ("255.0.255.0", None),
        ("255.253.0.0", None),
    ] {
        let mut metadata = answer();
        metadata["interfaces"]["public"][0]["ipv4"]["netmask"] = json!(mask);
        for machine in machines() {
            machine.with_metadata(&metadata).run("networking");
            let calls = machine.calls();
            match length {
                Some(length) => assert!(calls.contains(&format!("104.131.20.105/{length} "))),
                None => assert!(!calls.contains("104.131.20.105"), "{calls}"),
            }
        }
    }
}

#[test]
fn what_the_kernel_does_not_know_is_left_to_dhcp() {
    let mut metadata = answer();
    metadata["interfaces"]["public"][0]["mac"] = json!("02:00:00:00:00:00");
    for machine in machines() {
        machine.with_metadata(&metadata);
        let said = machine.run("networking");
        assert!(said.contains("no interface is 02:00:00:00:00:00"), "{said}");
        assert!(said.contains("leaving it to DHCP"), "{said}");
        assert!(!machine.exists("run/droplet/configured"));
    }
}
