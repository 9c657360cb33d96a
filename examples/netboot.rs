//! A machine without a disk: the kernel comes from a boot server, everything else lies in memory.
//!
//! ```sh
//! cargo run --example netboot -- build --output boot  # vmlinuz, initramfs, cmdline, boot.ipxe
//! cargo run --example netboot -- run                  # boots it in QEMU
//! ```
//!
//! A boot server hands out what is in `boot`; with iPXE, `chain http://server/boot/boot.ipxe` is enough.

use std::process::ExitCode;

use distill_platforms::netboot_x86_64;
use distill_services::dhcp;
use distill_systems::minimal;

fn main() -> ExitCode {
    distill::cli::main((netboot_x86_64(), minimal().service(dhcp("eth0"))))
}
