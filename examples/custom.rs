//! A system with a kernel, a package and permissions of its own.
//!
//! ```sh
//! cargo run --example custom -- check     # whether it all fits together, without building anything
//! cargo run --example custom -- build     # builds its own kernel, which takes a while
//! ```
//!
//! - The kernel has one option more; the service that needs it says so, and a kernel without it is a
//!   mistake that `check` tells.
//! - The small busybox stands for the large one, wherever that is used.
//! - A file belongs to a user, by name; the numbers are the same in every image.

use std::process::ExitCode;

use distill::kconfig;
use distill::package::kconfig::{Fragment, Options};
use distill::package::{Config, execline};
use distill::plan::Plan;
use distill::system::{File, Owner, Platform, Service, System, User};
use distill_packages::{busybox, busybox_core, linux};
use distill_platforms::qemu_x86_64;
use distill_systems::minimal;

/// What `WireGuard` wants of the kernel.
fn wireguard() -> Fragment {
    kconfig! { "wireguard": WIREGUARD=y }
}

/// The kernel for virtual machines, with `WireGuard`.
fn linux_wireguard(config: &Config) -> Plan {
    linux::linux(
        config,
        "linux-wireguard",
        Options::merge([linux::virt(), wireguard()]),
    )
}

fn platform() -> Platform {
    let usual = qemu_x86_64();
    Platform {
        config: usual.config.with_override(busybox, busybox_core),
        ..usual
    }
    .kernel(linux_wireguard)
    .kernel_options([linux::virt(), wireguard()])
}

fn system() -> System {
    let tunnel = Service::oneshot("wg0", execline! { ip link add wg0 type wireguard })
        .down(execline! { ip link del wg0 })
        .kernel(wireguard());
    let secret = File::new("/etc/wireguard/peers", "# public keys of the others\n")
        .mode(0o640)
        .owner(Owner::new("root", "operator"));
    minimal()
        .user(User::person("operator"))
        .service(tunnel)
        .file(secret)
        .permission("/etc/wireguard", 0o750, Owner::new("root", "operator"))
}

fn main() -> ExitCode {
    distill::cli::main((platform(), system()))
}
