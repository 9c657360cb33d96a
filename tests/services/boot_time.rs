//! How long each ready-made system takes until all of its services are ready: here, or where a test boots it
//! anyway.

use distill::system::System;
use distill_platforms::qemu_x86_64;
use distill_services::dhcp;
use distill_systems::{minimal, ssh_host, web_server};
use distill_testing::{Lab, LabError, Machine};

/// The systems that no other test here measures.
fn systems() -> Vec<(&'static str, System)> {
    let systems = vec![
        ("minimal", minimal()),
        ("ssh-host", ssh_host(&[])),
        (
            "web-server",
            web_server(distill_services::nginx::NginxConfig::new()),
        ),
    ];
    let online = |(name, system): (_, System)| (name, system.service(dhcp("eth0")));
    systems.into_iter().map(online).collect()
}

/// Waits until all services of the machine are ready, and tells how long that took.
#[allow(clippy::print_stderr, reason = "a figure is there to be seen")]
pub(crate) fn measure(machine: &Machine) -> Result<(), LabError> {
    let (name, ready) = (machine.name(), machine.wait_all_ready()?);
    eprintln!("boot time of {name}: all services are ready {ready:?} after the kernel's start");
    Ok(())
}

#[test]
#[ignore = "builds images and boots them"]
fn every_system_comes_up() -> Result<(), LabError> {
    let lab = Lab::new()?;
    for (name, system) in systems() {
        let machine = lab
            .machine(name, &qemu_x86_64(), &system)
            .uplink()
            .start()?;
        measure(&machine)?;
        machine.power_off()?;
    }
    Ok(())
}
