//! The example `guide`, as it is: the right time, a login by certificate, and TLS from there.

use std::net::Ipv4Addr;
use std::time::{Duration, SystemTime};

use distill::system::File;
use distill_platforms::droplet;
use distill_services::net::NetConfig;
use distill_services::nginx::{NginxConfig, Server, Tls};
use distill_services::{net_static, nginx};
use distill_testing::{Key, Lab, LabError, Machine};

use crate::rights;

#[path = "../../examples/guide.rs"]
#[allow(dead_code, reason = "its `main` is that of a program")]
mod example;

/// A key that is nobody's secret, and its certificate for `nobody.invalid`.
const KEY: &str = include_str!("../../services/src/nginx/trial/key.pem");
const CERTIFICATE: &str = include_str!("../../services/src/nginx/trial/certificate.pem");

/// How wrong the machine's clock is, as the time server sees it.
const LATE: Duration = Duration::from_secs(3600);

/// Somebody to speak TLS with.
fn site() -> NginxConfig {
    let tls = Tls {
        ssl_certificate: "/etc/tls/site.pem".to_owned(),
        ssl_certificate_key: "/etc/tls/site.key".to_owned(),
    };
    let server = Server::new().name("nobody.invalid").tls(tls);
    NginxConfig::new().server(server.root("/etc/tls"))
}

#[test]
#[ignore = "builds an image and boots it"]
fn does_what_it_promises() -> Result<(), LabError> {
    let lab = Lab::new()?;
    let [authority, forger, me] =
        ["authority", "forger", "me"].map(|name| Key::derived(&lab, name));
    let (authority, forger, me) = (authority?, forger?, me?);
    let net = lab.net();
    let names = [
        ("pool.ntp.org", [192, 0, 2, 1]),
        ("nobody.invalid", [127, 0, 0, 1]),
    ];
    let world = net.peer("192.0.2.1/24").dns(names);
    let _world = world.ntp_by(|| SystemTime::now() + LATE).start()?;
    // What the test adds: a way to its own network, and a site.
    let system = example::system(&authority.public()?)
        .service(net_static("eth1", NetConfig::new().address("192.0.2.2/24")))
        .service(nginx(site()))
        .file(File::new("/etc/tls/site.pem", CERTIFICATE))
        .file(File::new("/etc/tls/site.key", KEY).mode(0o600));
    let machine = lab.machine("guide", &droplet(), &system).net(&net);
    let machine = machine.forward(22).metadata(|mut metadata| {
        metadata.addressing.nameserver = Ipv4Addr::new(192, 0, 2, 1);
        metadata
    });
    let machine = machine.start()?;
    for service in ["chronyd", "sshd", "net.eth1", "nginx"] {
        machine.wait_ready(service)?;
    }
    rights::check(&machine, &["chronyd", "sshd"])?;
    lets_in_by_certificate(&machine, &authority, &forger, &me)?;
    knows_the_time(&machine)?;
    trusts_its_roots(&machine)?;
    machine.power_off()
}

fn lets_in_by_certificate(
    machine: &Machine,
    authority: &Key,
    forger: &Key,
    me: &Key,
) -> Result<(), LabError> {
    assert_ne!(machine.ssh(me, "root", "true")?.status, 0);
    forger.certify(me, "root")?;
    assert_ne!(machine.ssh(me, "root", "true")?.status, 0);
    authority.certify(me, "root")?;
    let output = machine.ssh(me, "root", "whoami")?;
    assert_eq!(output.text(), "root", "{}", output.errors());
    Ok(())
}

fn knows_the_time(machine: &Machine) -> Result<(), LabError> {
    machine.succeed("chronyc -n waitsync 60 0.5 0 1")?;
    let told: u64 = machine.succeed("date +%s")?.parse().expect("a number");
    let real = (SystemTime::now() + LATE).duration_since(SystemTime::UNIX_EPOCH);
    let real = real.expect("after 1970").as_secs();
    assert!(told.abs_diff(real) <= 2, "{told} is not {real}");
    Ok(())
}

/// GNU's wget believes the authorities of the package, and nobody else.
fn trusts_its_roots(machine: &Machine) -> Result<(), LabError> {
    const ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";
    machine.succeed("wget --version | grep -q '^GNU Wget'")?;
    let many = format!("test $(grep -c 'BEGIN CERTIFICATE' {ROOTS}) -gt 100");
    machine.succeed(&many)?;
    let get = "wget -nv -O - https://nobody.invalid/site.pem";
    let refused = machine.run(get)?;
    assert!(!refused.success());
    let why = refused.errors();
    assert!(why.contains("certificate"), "{why}");
    // With one authority more, it would be let through: so those are the ones that count.
    machine.succeed(&format!(
        "cat {ROOTS} /etc/tls/site.pem >/run/roots && mount --bind /run/roots {ROOTS}"
    ))?;
    assert_eq!(machine.succeed(get)?, CERTIFICATE.trim_end());
    Ok(())
}
