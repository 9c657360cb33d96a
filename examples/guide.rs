//! A machine with the right time, a login for whoever an authority vouches for, and a tool.
//!
//! ```sh
//! cargo run --example guide -- run
//! ```
//!
//! The authority is a key pair of yours (`ssh-keygen -t ed25519 -f ca`), whose public half is in the
//! image. Who has a certificate of it for the name `root` is let in:
//!
//! ```sh
//! ssh-keygen -s ca -I me -n root ~/.ssh/id_ed25519.pub
//! ```

use std::process::ExitCode;

use distill::system::System;
use distill_packages::{ca_certificates, wget};
use distill_platforms::droplet;
use distill_services::chronyd::ChronyConfig;
use distill_services::sshd::SshdConfig;
use distill_services::{chronyd, sshd};

/// Put the contents of your `ca.pub` here: nobody has the other half of this one.
const CA: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3t5ZBY6J0Zb6bZ1vT0zcu0w0Zr3H3PqFQ6M1nB8v1p ca@example";

/// The system, for whoever `ca` vouches for.
pub(crate) fn system(ca: &str) -> System {
    System::new()
        .service(chronyd(ChronyConfig::default()))
        .service(sshd(SshdConfig::trusting(ca)))
        .packages((wget, ca_certificates))
}

fn main() -> ExitCode {
    distill::cli::main((droplet(), system(CA)))
}
