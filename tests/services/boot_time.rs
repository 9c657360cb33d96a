//! How long each ready-made system takes until all of its services are ready.

use distill::system::System;
use distill_platforms::qemu_x86_64;
use distill_systems::{minimal, ssh_host, web_server};
use distill_testing::{Lab, LabError};

/// The systems that need nothing but a machine, and the network that their platform gives.
fn systems() -> Vec<(&'static str, System)> {
    vec![
        ("minimal", minimal()),
        ("ssh-host", ssh_host(&[])),
        (
            "web-server",
            web_server(distill_services::nginx::NginxConfig::new()),
        ),
    ]
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
