//! Ready-made systems that serve a network: what others get from them, and that they get nothing else.

use distill::system::System;
use distill_packages::curl;
use distill_platforms::qemu_x86_64;
use distill_services::net::NetConfig;
use distill_services::tor::Relay;
use distill_services::unbound::Zone;
use distill_services::{net_static, unbound};
use distill_systems::{dns_resolver, memcached, minimal, resolver_config, tor_relay};
use distill_testing::{Lab, LabError, Machine, Net};

use crate::{boot_time, rights};

/// Who may ask the resolver: the client with the first of its addresses, and not with the second.
const FRIENDS: &str = "192.0.2.64/26";
const CLIENT: [&str; 2] = ["192.0.2.100", "192.0.2.200"];

const CACHE: &str = "192.0.2.11";
const RESOLVER: &str = "192.0.2.12";
const RELAY: &str = "192.0.2.13";

/// A system with addresses on the network.
fn at(system: System, addresses: &[&str]) -> System {
    let addresses = addresses.iter();
    let config = addresses.fold(NetConfig::new(), |config, address| {
        config.address(&format!("{address}/24"))
    });
    system.service(net_static("eth0", config))
}

fn resolver() -> System {
    let zone = Zone::new("test", ["192.0.2.1"]).insecure();
    let mut config = resolver_config(&[FRIENDS]).stub_zone(zone);
    let printer = "printer.lan. IN A 192.0.2.9";
    config.local_data.push(printer.to_owned());
    dns_resolver(&[FRIENDS]).replace(unbound(config))
}

#[test]
#[ignore = "builds images and boots them"]
fn they_serve_others_and_nothing_else() -> Result<(), LabError> {
    let lab = Lab::new()?;
    let net = lab.net();
    let names = [("web.test", [192, 0, 2, 80])];
    let _peer = net.peer("192.0.2.1/24").dns(names).start()?;
    let relay = tor_relay(Relay::new("example", "admin@example.org"));
    let client = start(&lab, &net, "client", &at(minimal().package(curl), &CLIENT))?;
    client.wait_ready("net.eth0")?;
    for (name, system, address, check) in [
        ("memcached", memcached(64), CACHE, caches as Check),
        ("dns-resolver", resolver(), RESOLVER, resolves),
        ("tor-relay", relay, RELAY, relays),
    ] {
        let server = start(&lab, &net, name, &at(system, &[address]))?;
        boot_time::measure(&server)?;
        check(&server, &client)?;
        nothing_else_is_let_in(&server, &client, address)?;
        server.power_off()?;
    }
    client.power_off()
}

/// What a server does for a client.
type Check = fn(&Machine, &Machine) -> Result<(), LabError>;

fn start(lab: &Lab, net: &Net, name: &str, system: &System) -> Result<Machine, LabError> {
    let machine = lab.machine(name, &qemu_x86_64(), system).net(net);
    machine.memory(256).start()
}

/// The packet filter's doing: a server that listens is not reached from outside, and a ping is.
fn nothing_else_is_let_in(
    server: &Machine,
    client: &Machine,
    address: &str,
) -> Result<(), LabError> {
    server.succeed("nc -ll -p 12345 -e true >/dev/null 2>&1 &")?;
    server.wait_until(&format!("nc -z {address} 12345"))?;
    client.fail(&format!("nc -w 3 {address} 12345 </dev/null"))?;
    client
        .succeed(&format!("ping -c 1 -W 5 {address}"))
        .map(drop)
}

fn caches(server: &Machine, client: &Machine) -> Result<(), LabError> {
    rights::check(server, &["memcached"])?;
    let ask = |words: &str| {
        let ask = format!("printf '{words}\\r\\nquit\\r\\n' | nc -w 10 {CACHE} 11211");
        client.succeed(&ask)
    };
    assert_eq!(ask("set colour 0 0 4\\r\\nblue")?, "STORED");
    assert_eq!(ask("get colour")?, "VALUE colour 0 4\r\nblue\r\nEND");
    Ok(())
}

fn resolves(server: &Machine, client: &Machine) -> Result<(), LabError> {
    rights::check(server, &["unbound", "chronyd"])?;
    let ask = |name: &str| client.run(&format!("nslookup -type=a {name} {RESOLVER}"));
    let by = |own: &str| client.succeed(&format!("ip route replace {RESOLVER} dev eth0 src {own}"));
    let [friend, stranger] = CLIENT;
    by(friend)?;
    for (name, address) in [("printer.lan", "192.0.2.9"), ("web.test", "192.0.2.80")] {
        let found = ask(name)?;
        assert!(found.text().contains(address), "{name}: {}", found.text());
    }
    let nobody = ask("nobody.test")?;
    assert!(nobody.text().contains("NXDOMAIN"), "{}", nobody.text());
    // Questions by TCP are let in, too.
    client.succeed(&format!("nc -z -w 10 {RESOLVER} 53"))?;

    by(stranger)?;
    for name in ["printer.lan", "web.test"] {
        let refused = ask(name)?;
        assert!(!refused.success());
        assert!(refused.text().contains("REFUSED"), "{}", refused.text());
    }
    Ok(())
}

/// What a relay does without the network that it is a part of.
fn relays(server: &Machine, client: &Machine) -> Result<(), LabError> {
    rights::check(server, &["tor", "chronyd"])?;
    let speaks = format!("curl -skv --max-time 30 https://{RELAY}:9001/ 2>&1");
    let said = client.run(&speaks)?.text();
    assert!(said.contains("SSL connection using TLS"), "{said}");
    // Its name is made once, and nobody else can read what it is made of.
    let name = "cat /var/lib/tor/fingerprint";
    let before = server.succeed(name)?;
    assert!(before.starts_with("example "), "{before}");
    assert_eq!(server.succeed("stat -c '%U %a' /var/lib/tor")?, "tor 700");
    server.fail("s6-setuidgid nobody ls /var/lib/tor/keys")?;
    server.reboot()?;
    server.wait_ready("tor")?;
    server.wait_ready("net.eth0")?;
    assert_eq!(server.succeed(name)?, before);
    // It goes without a control port or a proxy for others.
    let listening = "netstat -ltn | awk 'NR > 2 { print $4 }' | sort -u";
    let ports = server.succeed(listening)?;
    assert!(ports.lines().all(|line| line.ends_with(":9001")), "{ports}");
    Ok(())
}

#[test]
fn mistakes_are_found_when_the_image_is_made() {
    let relay = Relay::new("no letters, no digits!", "admin@example.org");
    for wrong in [dns_resolver(&["everybody"]), tor_relay(relay)] {
        assert!(qemu_x86_64().root(&wrong).is_err());
    }
}
