//! A machine for Amazon EC2 on Nitro: OpenSSH, and the keys and the name that the instance was started
//! with, by `IMDSv2`.
//!
//! ```sh
//! cargo run --example nitro                       # builds ./target/images/nitro-ami-x86_64.img
//! cargo run --example nitro -- build --format vhd # for `aws ec2 import-snapshot`
//! cargo run --example nitro -- run                # boots it in QEMU, with an NVMe disk and a stand-in
//!                                                 # for the metadata service
//! ```
//!
//! The image becomes an AMI as a snapshot: `aws ec2 import-snapshot` takes it from S3, or
//! `coldsnap upload` writes it into EBS directly; then `aws ec2 register-image --ena-support
//! --boot-mode uefi-preferred --root-device-name /dev/xvda` with that snapshot.

use std::process::ExitCode;

use distill_platforms::nitro_ami_x86_64;
use distill_systems::ssh_host;

fn main() -> ExitCode {
    distill::cli::main((nitro_ami_x86_64(), ssh_host(&[])))
}
