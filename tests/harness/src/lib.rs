//! Boots images in tests: machines, virtual networks, and whoever else is on them.
//!
//! A [`Lab`] is where a test happens. It builds the image of a system, boots it in QEMU without
//! privileges, and asks the machine what the test wants to know. Nothing of the host's network is
//! touched, `/dev/kvm` is not used, every wait has a limit, and each error comes with what the machine's
//! console has said.
//!
//! ```no_run
//! use distill::system::System;
//! use distill_platforms::qemu_x86_64;
//! use distill_services::{dhcp, sshd, sshd::SshdConfig};
//! use distill_testing::{Lab, LabError};
//!
//! # fn main() -> Result<(), LabError> {
//! let lab = Lab::new()?;
//! let net = lab.net();
//! let router = net.peer("192.0.2.1/24").dhcp("192.0.2.10").dns([("web.test", [192, 0, 2, 80])]).start()?;
//!
//! let system = System::new().service(dhcp("eth0"));
//! let machine = lab.machine("client", &qemu_x86_64(), &system).net(&net).start()?;
//! machine.wait_ready("dhcp.eth0")?;
//! assert!(machine.succeed("nslookup web.test")?.contains("192.0.2.80"));
//! assert!(router.requests().contains(&"dns web.test".to_owned()));
//! machine.power_off()?;
//! # Ok(())
//! # }
//! ```
//!
//! The machine is asked through a small [agent](mod@agent), which is added to the system as a service: it
//! needs no network and no login. Beside it, the image is what users get.
//!
//! Tests that boot machines take a minute or so, and need a host that allows unprivileged user
//! namespaces: mark them `#[ignore]`, and run them with `cargo test -- --ignored --test-threads=1`.

pub mod agent;
mod channel;
mod commands;
mod console;
mod error;
mod interact;
mod lab;
mod machine;
mod net;
mod power;
mod ready;
mod screen;
mod setup;
mod ssh;
mod wait;

pub use channel::Output;
pub use error::LabError;
pub use lab::Lab;
pub use machine::Machine;
pub use net::{Net, Peer, PeerSetup, Request, Response};
pub use setup::Setup;
pub use ssh::{Key, run_over_ssh};
