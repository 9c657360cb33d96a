//! Virtual machines: what one consists of, the command line of QEMU that stands for it, and a
//! machine that runs.
//!
//! A [`MachineSpec`] is data, and [`command_line`] is a function of nothing else. [`Machine::start`]
//! runs it with what the machine would find in a cloud: [`Metadata`] at a link-local address.
//! QEMU needs no privileges, and nothing of the host but its kernel: its own loader and libraries
//! are in the tree that it comes in.

mod clouds;
mod command;
mod digitalocean;
mod disk;
mod error;
mod http;
mod metadata;
mod monitor;
mod network;
mod overlay;
mod running;
mod socket;
mod spec;

pub use command::command_line;
pub use disk::{make_blank, make_disk};
pub use error::MachineError;
pub use metadata::Metadata;
pub use monitor::Monitor;
pub use network::{Addressing, Forward, Network, free_port};
pub use overlay::make_overlay;
pub use running::{End, Machine, Streams};
pub use socket::listen;
pub use spec::{
    Accel, Bus, Card, CardKind, Chipset, Cloud, Console, DiskKind, Firmware, Hardware, KernelBoot,
    MachineSpec,
};
