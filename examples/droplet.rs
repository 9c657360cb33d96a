//! A machine for DigitalOcean: OpenSSH, some tools, and whatever the cloud says about keys and
//! network.
//!
//! ```sh
//! cargo run --example droplet            # builds ./target/images/droplet.img
//! cargo run --example droplet -- run     # boots it in QEMU
//! cargo run --example droplet -- --help  # everything else
//! ```
//!
//! A program like this one is all that there is to an image: `droplet()` is the hardware (kernel,
//! disk, what the cloud needs), the system is what the machine does. Both are values, so change them
//! with their methods; what does not fit together is an error before anything is built.
//!
//! Copy it, and go on from here:
//!
//! ```ignore
//! ssh_host(&["ssh-ed25519 AAAA… me@home"])       // a key that is in the image
//!     .hostname("web1")                          // instead of the cloud's name
//!     .service(chronyd(ChronyConfig::default())) // whatever is to be started
//!     .file(File::new("/etc/motd", "hello\n"))
//! ```

use std::process::ExitCode;

use distill_packages::{ca_certificates, curl, iproute2, jq};
use distill_platforms::droplet;
use distill_systems::ssh_host;

fn main() -> ExitCode {
    let system = ssh_host(&[]).packages((curl, ca_certificates, jq, iproute2));
    distill::cli::main((droplet(), system))
}
