//! A cache server: memcached, which no crate of Distill knows, in an image for a virtual machine or
//! for DigitalOcean.
//!
//! This is a crate as anybody would write it. It depends on Distill's crates, and has its own
//! recipes, its own service and its own system: see [`cache_server`].
//!
//! ```sh
//! cargo run -- --help
//! cargo run -- run                  # a virtual machine
//! cargo run --bin cache-droplet     # the same for DigitalOcean
//! ```

use std::process::ExitCode;

use cache_server::{cache, sizes};
use distill_platforms::qemu_x86_64;
use distill_services::dhcp;

fn main() -> ExitCode {
    let system = cache(sizes::SMALL).service(dhcp("eth0"));
    distill::cli::main((qemu_x86_64(), system))
}
