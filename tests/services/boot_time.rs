//! How long each ready-made system takes until all of its services are ready.

use distill::system::System;
use distill_platforms::qemu_x86_64;
use distill_services::dhcp;
use distill_services::tor::Relay;
use distill_systems::{dns_resolver, memcached, minimal, ssh_host, tor_relay, web_server};
use distill_testing::{Lab, LabError};

/// The systems that need nothing but a machine, and a network.
fn systems() -> Vec<(&'static str, System)> {
    let systems = vec![
        ("dns-resolver", dns_resolver(&["10.0.0.0/8"])),
        ("memcached", memcached(64)),
        ("minimal", minimal()),
        ("ssh-host", ssh_host(&[])),
        (
            "tor-relay",
            tor_relay(Relay::new("example", "admin@example.org")),
        ),
        (
            "web-server",
            web_server(distill_services::nginx::NginxConfig::new()),
        ),
    ];
    let online = |(name, system): (_, System)| (name, system.service(dhcp("eth0")));
    systems.into_iter().map(online).collect()
}

#[test]
#[ignore = "builds images and boots them"]
#[allow(clippy::print_stderr, reason = "a figure is there to be seen")]
fn every_system_comes_up() -> Result<(), LabError> {
    let lab = Lab::new()?;
    for (name, system) in systems() {
        let machine = lab
            .machine(name, &qemu_x86_64(), &system)
            .uplink()
            .start()?;
        let ready = machine.wait_all_ready()?;
        eprintln!("boot time of {name}: all services are ready {ready:?} after the kernel's start");
        machine.power_off()?;
    }
    Ok(())
}
