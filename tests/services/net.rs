//! Addresses, names, routes and packet filters between several machines.

use std::net::Ipv6Addr;
use std::time::{Duration, Instant};

use distill::execline;
use distill::system::{Sysctl, System};
use distill_platforms::qemu_x86_64;
use distill_services::dhcpcd::{DhcpcdConfig, Fallback, Family, Interface, Reason};
use distill_services::dnsmasq::{DhcpRange, DnsmasqConfig};
use distill_services::net::{Cidr, NetConfig};
use distill_services::packet_filter::{Rule, Ruleset, Target};
use distill_services::sshd::SshdConfig;
use distill_services::{dnsmasq, net_dhcpcd, net_static, packet_filter, sshd};
use distill_systems::{RouterConfig, minimal, router};
use distill_testing::{Lab, LabError, Machine, Net, Peer, Response};

use crate::{boot_time, rights};

/// The address on an interface.
const ADDRESS: &str = "ip -4 -o addr show dev eth0 | awk '{ sub(\"/.*\", \"\", $4); print $4 }'";

/// The world outside: it knows one name and one page, and gives addresses for half a minute.
fn world(net: &Net) -> Result<Peer, LabError> {
    net.peer("192.0.2.1/24")
        .dhcp("192.0.2.10")
        .lease(Duration::from_secs(30))
        .dns([("web.test", [192, 0, 2, 1])])
        .http(80, |_| Response::ok("hello\n"))
        .start()
}

/// A router with two ways to log in, of which one is let in from outside.
fn gate() -> System {
    let config = RouterConfig {
        ipv6: Some("fd00:1:2:3::1".parse().expect("a constant")),
        range: ([10, 0, 0, 100].into(), [10, 0, 0, 100].into()),
        ..RouterConfig::new("eth0", "eth1", [10, 0, 0, 1])
    };
    let ports = SshdConfig {
        port: vec![22, 2222],
        ..SshdConfig::new()
    };
    let open = config.packet_filter().accept_tcp([22]).pass_port(
        "eth0",
        8080,
        "10.0.0.100:22".parse().expect("a constant"),
    );
    router(&config)
        .replace(packet_filter(open))
        .service(sshd(ports))
}

/// A host inside, which is told everything, and can be logged in to by who gets through.
fn client() -> System {
    let config = DhcpcdConfig {
        hostname: Some(String::new()),
        waitip: Some(Family::V4),
        ..DhcpcdConfig::on(["eth0"])
    };
    let note = execline! {
        importas -i address new_ip_address
        redirfd -w 1 "/run/hook" echo $address
    };
    let config = config.hook_for_reason(Reason::Bound, "note", note);
    minimal()
        .hostname("laptop")
        .service(net_dhcpcd(config))
        .service(sshd(SshdConfig::new()))
}

/// A neighbour of the router outside, with an address that nobody gave it; and a second network on
/// which nobody answers.
fn neighbour() -> System {
    let config = NetConfig::new()
        .address("192.0.2.50/24")
        .address("2001:db8::50/64")
        .gateway([192, 0, 2, 1])
        .nameserver([192, 0, 2, 1]);
    let fallback = Fallback {
        ip_address: Cidr::new([10, 9, 9, 9], 24),
        routers: vec![],
        domain_name_servers: vec![[10, 9, 9, 1].into()],
    };
    let alone = Interface {
        fallback: Some(fallback),
        ia_pd: vec!["eth2".to_owned()],
        ..Interface::default()
    };
    // Nothing is let in, but it may ask.
    let closed = Ruleset::host().input(Rule::new(Target::Reject));
    minimal()
        .service(packet_filter(closed))
        .service(net_static("eth0", config))
        .service(net_dhcpcd(
            DhcpcdConfig::on(["eth1"]).interface("eth1", alone),
        ))
}

#[test]
#[ignore = "builds images and boots them"]
fn a_router_stands_between_a_network_and_the_world() -> Result<(), LabError> {
    let lab = Lab::new()?;
    let (outside, inside, nowhere) = (lab.net(), lab.net(), lab.net());
    let world = world(&outside)?;
    let platform = qemu_x86_64();
    let gate = lab.machine("gate", &platform, &gate());
    let gate = gate.net(&outside).net(&inside).memory(256).start()?;
    let laptop = lab.machine("laptop", &platform, &client());
    let laptop = laptop.net(&inside).memory(256).start()?;
    let other = lab.machine("neighbour", &platform, &neighbour());
    let other = other.net(&outside).net(&nowhere).memory(256).start()?;

    // With two more that start at the same time.
    boot_time::measure(&gate)?;
    let own = gate.succeed(ADDRESS)?;
    assert!(own.starts_with("192.0.2."), "{own}");
    let resolv = gate.succeed("cat /etc/resolv.conf")?;
    assert!(resolv.contains("nameserver 192.0.2.1"), "{resolv}");

    inside_gets_what_it_needs(&laptop)?;
    outside_reaches_what_it_may(&other, &own)?;
    static_addresses_work(&other)?;
    rights::check(&gate, &["net.dhcpcd", "dnsmasq", "radvd", "sshd"])?;

    // The router has kept its own address for longer than it was given it first.
    let renewal = format!("dhcp renew {own}");
    let start = Instant::now();
    while !world.requests().contains(&renewal) {
        assert!(
            start.elapsed() < Duration::from_secs(120),
            "{:?}",
            world.requests()
        );
        std::thread::sleep(Duration::from_millis(200));
    }
    laptop.succeed("wget -q -T 20 -O - http://web.test/")?;

    // When dhcpcd dies, the address stays and another one takes over.
    let pid = "s6-svstat -o pid /run/service/net.dhcpcd";
    let first = laptop.succeed(pid)?;
    laptop.succeed(&format!(
        "kill -KILL {first}; s6-svwait -t 5000 -D /run/service/net.dhcpcd; true"
    ))?;
    laptop.wait_ready("net.dhcpcd")?;
    assert_ne!(laptop.succeed(pid)?, first);
    laptop.succeed("wget -q -T 20 -O - http://web.test/")?;

    for machine in [&laptop, &other, &gate] {
        // dhcpcd goes on after it has found something that it does not understand.
        machine.succeed("grep -q starting /var/log/net.dhcpcd/current")?;
        machine.fail("grep -iE 'unknown|invalid|convert' /var/log/net.dhcpcd/current")?;
        machine.power_off()?;
    }
    Ok(())
}

fn inside_gets_what_it_needs(laptop: &Machine) -> Result<(), LabError> {
    laptop.wait_ready("net.dhcpcd")?;
    let address = laptop.succeed(ADDRESS)?;
    assert_eq!(address, "10.0.0.100");
    assert_eq!(laptop.succeed("cat /run/hook")?, address);
    let resolv = laptop.succeed("cat /run/resolv.conf")?;
    assert!(resolv.contains("search lan\n"), "{resolv}");
    assert!(resolv.contains("nameserver 10.0.0.1"), "{resolv}");
    assert!(
        laptop
            .succeed("ip route")?
            .contains("default via 10.0.0.1 dev eth0")
    );
    // The name goes through dnsmasq, the packets through masquerading.
    assert_eq!(
        laptop.succeed("wget -q -T 20 -O - http://web.test/")?,
        "hello"
    );
    let names = laptop.succeed("nslookup laptop.lan 10.0.0.1; nslookup router.lan 10.0.0.1")?;
    assert!(
        names.contains(&address) && names.matches("10.0.0.1").count() >= 3,
        "{names}"
    );
    // Router advertisements: an address of its own, and the router's as name server.
    laptop.wait_until(
        "ip -6 addr show dev eth0 scope global | grep -v tentative | grep fd00:1:2:3:",
    )?;
    laptop.wait_until("grep 'nameserver fd00:1:2:3::1' /run/resolv.conf")?;
    laptop.wait_until("ping -c 1 -W 5 fd00:1:2:3::1")?;
    Ok(())
}

fn outside_reaches_what_it_may(other: &Machine, gate: &str) -> Result<(), LabError> {
    other.wait_ready("net.eth0")?;
    other.wait_until(&format!("ping -c 1 -W 5 {gate}"))?;
    let banner = |port| format!("echo | timeout 10 nc {gate} {port} | grep SSH-2.0");
    other.succeed(&banner(22))?;
    // Another port of the same server is closed, but what is passed on reaches it.
    other.fail(&banner(2222))?;
    other.succeed(&banner(8080))?;
    other.fail(&format!("timeout 10 nslookup web.test {gate}"))?;
    Ok(())
}

fn static_addresses_work(other: &Machine) -> Result<(), LabError> {
    assert_eq!(other.succeed(ADDRESS)?, "192.0.2.50");
    assert_eq!(
        other.succeed("wget -q -T 20 -O - http://web.test/")?,
        "hello"
    );
    let all = other.succeed("ip -6 addr show dev eth0; ip route; cat /run/resolv.conf")?;
    for part in [
        "2001:db8::50/64",
        "default via 192.0.2.1 dev eth0",
        "nameserver 192.0.2.1",
    ] {
        assert!(all.contains(part), "{part}: {all}");
    }
    // Where nobody answers, the fallback counts.
    other.wait_ready("net.dhcpcd")?;
    other.wait_until("ip -4 addr show dev eth1 | grep 10.9.9.9/24")?;
    other.wait_until("grep 'nameserver 10.9.9.1' /run/resolv.conf")?;
    Ok(())
}

#[test]
#[ignore = "builds images and boots them"]
fn dhcpv6_gives_addresses() -> Result<(), LabError> {
    let lab = Lab::new()?;
    let net = lab.net();
    let (first, last) = ("fd00:9::100", "fd00:9::1ff");
    let address = |text: &str| text.parse::<Ipv6Addr>().expect("a constant");
    let range = DhcpRange::v6(address(first), address(last), Duration::from_secs(600));
    let config = DnsmasqConfig {
        enable_ra: true,
        ..DnsmasqConfig::on(["eth0"])
    };
    let config = config
        .host_record("box.test", address("fd00:9::7"))
        .dhcp_range(range);
    let forwarding = Sysctl::new().set("net.ipv6.conf.all.forwarding", 1);
    let server = minimal()
        .service(net_static("eth0", NetConfig::new().address("fd00:9::1/64")))
        .service(dnsmasq(config))
        .sysctl(forwarding);
    let config = DhcpcdConfig {
        waitip: Some(Family::V6),
        ..DhcpcdConfig::on(["eth0"])
    };
    let start = |name, system: &System| {
        let machine = lab.machine(name, &qemu_x86_64(), system);
        machine.net(&net).memory(256).start()
    };
    let server = start("server", &server)?;
    let client = start("client", &minimal().service(net_dhcpcd(config)))?;
    server.wait_ready("dnsmasq")?;
    client.wait_ready("net.dhcpcd")?;
    client.wait_until("ip -6 addr show dev eth0 | grep 'fd00:9::1../128'")?;
    client.wait_until("grep 'nameserver fd00:9::1' /run/resolv.conf")?;
    let found = client.wait_until("nslookup -type=aaaa box.test")?;
    assert!(found.contains("fd00:9::7"), "{found}");
    client.power_off()?;
    server.power_off()
}

#[test]
#[ignore = "builds an image and boots it"]
fn without_its_packet_filter_no_network_comes_up() -> Result<(), LabError> {
    let lab = Lab::new()?;
    let net = lab.net();
    let wrong = Ruleset::host().input(Rule::new(Target::Other("NO-SUCH-TARGET".to_owned())));
    let system = minimal().service(packet_filter(wrong)).service(net_static(
        "eth0",
        NetConfig::new().address("192.0.2.50/24"),
    ));
    let machine = lab.machine("closed", &qemu_x86_64(), &system);
    let machine = machine.net(&net).memory(256).start()?;
    machine.wait_ready("var-mount")?;
    machine.wait_until("grep NO-SUCH-TARGET /run/log/catch-all/current")?;
    machine.fail("s6-svwait -U -t 3000 /run/service/net.eth0")?;
    machine.fail("ip -4 addr show dev eth0 | grep inet")?;
    machine.power_off()
}
