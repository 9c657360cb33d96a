//! A real machine with UEFI: a PC, a server, or a virtual machine without BIOS.
//!
//! ```sh
//! cargo run --example metal            # builds ./target/images/uefi-x86_64.img: write it to the disk
//! cargo run --example metal -- run     # boots it in QEMU with UEFI, NVMe and an Intel network card
//! ```
//!
//! The screen and the first serial port have a root shell: whoever stands before the machine owns it. A
//! machine that stands where others come by leaves them out, by `.without("getty.tty1")`.

use std::process::ExitCode;

use distill_platforms::uefi_x86_64;
use distill_services::dhcp;
use distill_systems::minimal;

fn main() -> ExitCode {
    distill::cli::main((uefi_x86_64(), minimal().service(dhcp("eth0"))))
}
