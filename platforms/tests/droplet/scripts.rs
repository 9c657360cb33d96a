//! The scripts, on a machine that is none.

use serde_json::{Value, json};

use super::answers::{good, hostile};
use super::machine::Machine;

/// Asserts that the consoles say that there is nothing to wait for.
fn goes_on(machine: &Machine, why: &str) {
    says_once(
        machine,
        &format!("{why}: going on without metadata, the network is asked for by DHCP"),
    );
    assert!(!machine.exists("run/cloud/awaited"));
}

/// Asserts that the consoles say that the machine goes on, and the cloud is asked on.
fn asks_on(machine: &Machine, why: &str) {
    says_once(
        machine,
        &format!(
            "{why} yet: going on without metadata, the network is asked for by DHCP, and asking on"
        ),
    );
    assert_eq!(machine.text("run/cloud/awaited"), format!("{why}\n"));
}

fn says_once(machine: &Machine, what: &str) {
    for tty in ["out/tty0", "out/ttyS0"] {
        assert_eq!(machine.text(tty), format!("metadata: {what}\n"));
    }
    for file in ["metadata.json", "metadata.json.new"] {
        assert!(!machine.exists(&format!("run/droplet/{file}")), "{file}");
    }
}

#[test]
fn metadata_is_fetched_once_as_its_own_user() {
    let Some(machine) = Machine::new() else {
        return;
    };
    machine.with_answer(&good().to_string()).run("metadata");
    let answer = machine.text("run/cloud/answer");
    assert!(
        answer.starts_with("hostname sample-droplet\nkey ssh-ed25519 "),
        "{answer}"
    );
    assert_eq!(machine.mode("run/cloud/answer"), 0o600);
    let fetched: Value = serde_json::from_str(&machine.text("run/droplet/metadata.json")).unwrap();
    assert_eq!(fetched, good());
    assert_eq!(machine.mode("run/droplet/metadata.json"), 0o600);
    assert!(!machine.exists("run/droplet/metadata.json.new"));
    insta::assert_snapshot!(machine.calls(), @r#"
    ip link set eth0 up
    ip addr add 169.254.43.1/16 dev eth0
    arping -q -f -c 3 -w 3 -I eth0 169.254.169.254
    s6-setuidgid metadata timeout 15 wget -q -T 5 -O - http://169.254.169.254/metadata/v1.json
    timeout 15 wget -q -T 5 -O - http://169.254.169.254/metadata/v1.json
    wget -q -T 5 -O - http://169.254.169.254/metadata/v1.json
    s6-setuidgid metadata jq -e -s length == 1 and (.[0] | type == "object")
    s6-setuidgid metadata /usr/libexec/distill/cloud/fetch digitalocean-page
    ip addr del 169.254.43.1/16 dev eth0
    "#);
    let console = "metadata: fetched from http://169.254.169.254/metadata/v1.json\n";
    assert_eq!(machine.text("out/ttyS0"), console);
}

#[test]
fn what_is_no_answer_is_asked_again() {
    let too_long = format!("{{\"x\":\"{}\"}}", "x".repeat(1 << 20));
    for wrong in ["", "[]", "<html>", "{", "{}[]", "[]{}", "null", &too_long] {
        let Some(machine) = Machine::new() else {
            return;
        };
        machine.with_answer(wrong).run("metadata");
        asks_on(
            &machine,
            "no answer from http://169.254.169.254/metadata/v1.json",
        );
        let calls = machine.calls();
        let asked = calls.lines().filter(|line| line.starts_with("wget "));
        assert_eq!(asked.count(), 20, "{calls}");
        assert!(
            calls.ends_with("ip addr del 169.254.43.1/16 dev eth0\n"),
            "{calls}"
        );
    }
}

#[test]
fn a_slow_cloud_is_waited_for() {
    let Some(machine) = Machine::new() else {
        return;
    };
    machine.with_answer(&good().to_string());
    machine.program(
        "wget",
        "[ \"$(grep -c ^wget /out/calls)\" -lt 20 ] || exec cat /answer\n",
    );
    machine.run("metadata");
    assert!(machine.exists("run/droplet/metadata.json"));
}

#[test]
fn a_cloud_that_is_late_is_asked_on_until_it_answers() {
    let Some(machine) = Machine::new() else {
        return;
    };
    machine.with_answer("<html>").run("metadata");
    machine.run_all(&["pubkeys", "networking", "resolv-conf", "hostname"]);
    assert!(!machine.exists("run/ssh/authorized_keys/root"));
    machine.with_answer(&good().to_string());
    machine.write("out/calls", "");
    machine.program(
        "wget",
        "[ \"$(grep -c ^wget /out/calls)\" -lt 7 ] || exec cat /answer\n",
    );
    let later = format!("later /{}/metadata again", super::SCRIPTS);
    machine.run(&later);
    let calls = machine.calls();
    let pauses: Vec<&str> = calls
        .lines()
        .filter_map(|line| line.strip_prefix("sleep "))
        .collect();
    assert_eq!(pauses, ["1", "2", "4", "8", "16", "16", "inf"], "{calls}");
    let at = |what: &str| {
        calls
            .find(what)
            .unwrap_or_else(|| panic!("no {what}: {calls}"))
    };
    let ended = at("s6-svc -wR -T 10000 -r /run/service/dhcp.eth0\n");
    assert!(ended < at("ip addr replace 104.131.20.105/18 dev eth0\n"));
    at("hostname sample-droplet\n");
    assert!(
        machine
            .text("run/ssh/authorized_keys/root")
            .contains("ssh-")
    );
    assert!(machine.text("run/resolv.conf").contains("8.8.8.8"));

    // It has nothing to do where the answer was in time, or where nobody could give one.
    for file in ["run/cloud/answer", "run/cloud/awaited"] {
        let Some(machine) = Machine::new() else {
            return;
        };
        machine.write(file, "x\n");
        machine.write("run/cloud/answer", "hostname x\n");
        machine.run(&later);
        assert_eq!(machine.calls(), "sleep inf\n", "{file}");
    }
}

#[test]
fn nobody_there_is_known_at_once() {
    let Some(machine) = Machine::new() else {
        return;
    };
    machine.program("arping", "exit 1\n");
    machine.run("metadata");
    goes_on(&machine, "nobody has the address 169.254.169.254");
    let calls = machine.calls();
    assert!(
        !calls.contains("wget") && !calls.contains("sleep"),
        "{calls}"
    );
    assert!(
        calls.ends_with("ip addr del 169.254.43.1/16 dev eth0\n"),
        "{calls}"
    );
}

#[test]
fn in_the_cloud_itself_it_is_looked_for_longer() {
    let Some(machine) = Machine::new() else {
        return;
    };
    machine.write("sys/class/dmi/id/sys_vendor", "DigitalOcean\n");
    machine.program("arping", "[ \"$(grep -c ^arping /out/calls)\" -ge 20 ]\n");
    machine.with_answer(&good().to_string()).run("metadata");
    assert!(machine.exists("run/droplet/metadata.json"));

    let Some(machine) = Machine::new() else {
        return;
    };
    machine.write("sys/class/dmi/id/sys_vendor", "DigitalOcean\n");
    machine.program("arping", "exit 1\n");
    machine.run("metadata");
    asks_on(&machine, "nobody has the address 169.254.169.254");
}

#[test]
fn without_a_card_or_a_cable_too() {
    let Some(machine) = Machine::new() else {
        return;
    };
    machine.remove("sys/class/net/eth0");
    machine.run("metadata");
    goes_on(&machine, "there is no eth0");
    assert!(!machine.calls().contains("ip "), "{}", machine.calls());

    let Some(machine) = Machine::new() else {
        return;
    };
    machine.write("sys/class/net/eth0/carrier", "0\n");
    machine.run("metadata");
    goes_on(&machine, "eth0 is not connected");
    assert!(!machine.calls().contains("arping"), "{}", machine.calls());
}

#[test]
fn the_link_local_address_comes_from_the_hardware() {
    // Among them the server's own address, and a range that is not for machines.
    for (mac, address) in [
        ("52:54:00:12:34:56", "169.254.53.86/16"),
        ("52:54:00:12:a8:fe", "169.254.169.253/16"),
        ("52:54:00:12:ff:ff", "169.254.2.255/16"),
        ("52:54:00:12:00:00", "169.254.1.0/16"),
    ] {
        let Some(machine) = Machine::new() else {
            return;
        };
        machine.write("sys/class/net/eth0/address", &format!("{mac}\n"));
        machine.with_answer("{}").run("metadata");
        let calls = machine.calls();
        assert!(
            calls.contains(&format!("ip addr add {address} dev eth0\n")),
            "{calls}"
        );
    }
}

#[test]
fn addresses_and_routes() {
    let Some(machine) = Machine::new() else {
        return;
    };
    machine.with_metadata(&good()).run("networking");
    insta::assert_snapshot!(machine.calls(), @"
    s6-setuidgid metadata jq -r -f /usr/libexec/distill/droplet/networking.jq
    ip link set eth0 up
    ip addr replace 104.131.20.105/18 dev eth0
    ip link set eth0 up
    ip addr replace 2604:A880:0800:0010:0000:0000:017D:2001/64 dev eth0
    ip link set eth0 up
    ip addr replace 10.17.0.9/16 dev eth0
    ip route replace default via 104.131.0.1 dev eth0 onlink
    ip -6 route replace default via 2604:A880:0800:0010:0000:0000:0000:0001 dev eth0 onlink
    ip link set eth1 up
    ip addr replace 10.132.255.113/16 dev eth1
    ");
    assert!(machine.exists("run/droplet/configured"));
}

#[test]
fn keys() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let said = machine.with_metadata(&good()).run("pubkeys");
    assert_eq!(said, "pubkeys: 2 for root\n");
    let keys = good()["public_keys"].as_array().unwrap().clone();
    let lines: String = keys
        .iter()
        .map(|key| format!("{}\n", key.as_str().unwrap().trim()))
        .collect();
    assert_eq!(machine.text("run/ssh/authorized_keys/root"), lines);
    assert_eq!(machine.mode("run/ssh/authorized_keys/root"), 0o600);
    assert!(!machine.exists("run/ssh/authorized_keys/root.new"));
}

#[test]
fn sshd_comes_after_keys_that_cannot_be_read_too() {
    let Some(machine) = Machine::new() else {
        return;
    };
    machine.write("run/cloud/answer", "key\nkey {\nssh-rsa AAAAB3Nz\n");
    assert_eq!(machine.run("pubkeys"), "pubkeys: 0 for root\n");
    assert_eq!(machine.text("run/ssh/authorized_keys/root"), "");
}

#[test]
fn name_servers() {
    let Some(machine) = Machine::new() else {
        return;
    };
    machine.with_metadata(&good()).run("resolv-conf");
    let lines =
        "nameserver 2001:4860:4860::8844\nnameserver 2001:4860:4860::8888\nnameserver 8.8.8.8\n";
    assert_eq!(machine.text("run/resolv.conf"), lines);
    assert_eq!(machine.mode("run/resolv.conf"), 0o644);
}

#[test]
fn the_host_name_of_the_image_wins() {
    let Some(machine) = Machine::new() else {
        return;
    };
    machine.with_metadata(&good()).run("hostname");
    let calls = machine.calls();
    assert!(calls.ends_with("hostname sample-droplet\n"), "{calls}");

    let Some(machine) = Machine::new() else {
        return;
    };
    machine.write("etc/hostname", "web1\n");
    machine.with_metadata(&good()).run("hostname");
    assert_eq!(machine.calls(), "");
}

#[test]
fn without_metadata_nothing_is_done() {
    let Some(machine) = Machine::new() else {
        return;
    };
    for script in ["pubkeys", "networking", "resolv-conf", "hostname"] {
        machine.run(script);
        assert_eq!(machine.calls(), "", "{script}");
    }
    assert!(!machine.exists("run/droplet/configured"));
    assert!(!machine.exists("run/resolv.conf"));
}

#[test]
fn what_is_missing_or_hostile_goes_nowhere() {
    let Some(machine) = Machine::new() else {
        return;
    };
    // The filters see all of them in their own tests.
    let some = hostile().into_iter().step_by(9);
    for metadata in some.chain([json!({})]) {
        machine.with_metadata(&metadata);
        machine.run_all(&["pubkeys", "networking", "resolv-conf", "hostname"]);
        let calls = machine.calls();
        let harmless = |line: &str| {
            ["jq", "grep"]
                .iter()
                .any(|what| line.starts_with(&format!("s6-setuidgid metadata {what} ")))
        };
        assert!(calls.lines().all(harmless), "{metadata}: {calls}");
        assert!(!machine.exists("run/droplet/configured"));
        assert!(!machine.exists("run/resolv.conf"));
        assert!(!machine.exists("pwned"));
        assert_eq!(machine.text("run/ssh/authorized_keys/root"), "");
    }
}

/// jq reads what comes from outside, and may do whatever that tells it.
#[test]
fn a_jq_that_was_taken_over_has_no_power() {
    let Some(machine) = Machine::new() else {
        return;
    };
    machine.program(
        "jq",
        r"cat <<'END'
$(touch /pwned)
public eth0 $(touch /pwned)
public eth0 1.2.3.4 dev lo
public -h 1.2.3.4
default eth0 `touch /pwned`
flush eth0 1.2.3.4
more eth1;touch /pwned 1.2.3.4
hostname $(touch /pwned)
key command=touch ssh-rsa AAAAB3Nz
END
",
    );
    machine.with_metadata(&json!({})).write("out/calls", "");
    machine.run_all(&["networking", "pubkeys", "hostname"]);
    assert_eq!(machine.text("run/ssh/authorized_keys/root"), "");
    let calls = machine.calls();
    let harmless = |line: &str| line.starts_with("s6-setuidgid ") || line.starts_with("jq ");
    assert!(calls.lines().all(harmless), "{calls}");
    assert!(!machine.exists("pwned"));
}

#[test]
fn what_the_kernel_does_not_know_is_left_to_dhcp() {
    let mut metadata = good();
    metadata["interfaces"]["public"][0]["mac"] = json!("02:00:00:00:00:00");
    let Some(machine) = Machine::new() else {
        return;
    };
    let said = machine.with_metadata(&metadata).run("networking");
    assert!(said.contains("no interface is 02:00:00:00:00:00"), "{said}");
    assert!(said.contains("leaving it to DHCP"), "{said}");
    assert!(!machine.exists("run/droplet/configured"));
}
