//! One image for Google Compute Engine, Azure, `OpenStack` and others: keys and name come from the cloud that
//! the firmware names, the network from DHCP.
//!
//! ```sh
//! cargo run --example cloud -- build --format gce    # ./target/images/cloud-x86_64.tar.gz
//! cargo run --example cloud -- build --format vhd    # Azure
//! cargo run --example cloud -- build --format qcow2  # OpenStack
//! cargo run --example cloud -- run                   # boots it in QEMU as OpenStack would
//! ```
//!
//! `OpenStack` may tell the same on a small disk. To see that, make one, and let nobody answer elsewhere:
//!
//! ```sh
//! mkdir -p drive/openstack/latest
//! echo '{ "hostname": "web1", "public_keys": { "mine": "ssh-ed25519 AAAA… me@home" } }' \
//!   > drive/openstack/latest/meta_data.json
//! xorriso -as mkisofs -quiet -V config-2 -R -o drive.iso drive
//! cargo run --example cloud -- run --no-metadata --attach drive.iso
//! ```

use std::process::ExitCode;

use distill_platforms::cloud_x86_64;
use distill_systems::ssh_host;

fn main() -> ExitCode {
    distill::cli::main((cloud_x86_64(), ssh_host(&[])))
}
