//! A container with the same services as a machine: s6 starts, supervises and stops them.
//!
//! ```sh
//! cargo run --example container -- build --format oci  # ./target/images/container.oci.tar
//! podman load --input target/images/container.oci.tar
//! podman run --detach --name counter localhost/container
//! podman exec counter tail -n 3 /var/log/counter/current
//! podman stop counter
//! cargo run --example container -- build --format rootfs  # for chroots, systemd-nspawn, LXC
//! ```
//!
//! It has no kernel, so `run` cannot boot it: give it to a container runtime. What else there is to do
//! with it: `distill_platforms::container`.

use std::process::ExitCode;

use distill::execline;
use distill::system::{Service, User};
use distill_platforms::container_rootfs;
use distill_systems::minimal;

/// Counts the seconds, as a user of its own; what it says goes to `/var/log/counter`.
fn counter() -> Service {
    Service::longrun(
        "counter",
        execline! {
            fdmove -c 2 1
            loopwhilex
            foreground { date }
            sleep 1
        },
    )
    .user(User::system("counter"))
    .run_as("counter")
    .ready_when_started()
}

fn main() -> ExitCode {
    distill::cli::main((container_rootfs(), minimal().service(counter())))
}
