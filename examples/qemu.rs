//! The smallest useful image: a virtual machine with a network and a root shell on its console.
//!
//! ```sh
//! cargo run --example qemu -- run
//! ```
//!
//! Log in is not needed: the serial console has a root shell, since it belongs to the one who owns
//! the machine. `poweroff` ends it; so does Ctrl-A X.
//!
//! Look around: the root is a squashfs and cannot be written (`touch /x`), `/var` was made on the
//! first boot in the rest of the disk and lasts, every daemon has its log below `/var/log`
//! (`zstd` and TAI64N time stamps: `tai64nlocal` is not needed, `date -d` is), and `s6-svstat
//! /run/service/*` shows what runs.

use std::process::ExitCode;

use distill_platforms::qemu_x86_64;
use distill_services::dhcp;
use distill_systems::minimal;

fn main() -> ExitCode {
    distill::cli::main((qemu_x86_64(), minimal().service(dhcp("eth0"))))
}
