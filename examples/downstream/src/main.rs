//! A chat server: ngIRCd, which no crate of Distill knows, in an image for a virtual machine or for
//! DigitalOcean.
//!
//! This is a crate as anybody would write it. It depends on Distill's crates, and has its own
//! recipe, its own service and its own system: see [`chat_server`].
//!
//! ```sh
//! cargo run -- --help
//! cargo run -- run                  # a virtual machine
//! cargo run --bin chat-droplet      # the same for DigitalOcean
//! ```

use std::process::ExitCode;

use chat_server::chat;
use distill_platforms::qemu_x86_64;
use distill_services::dhcp;

fn main() -> ExitCode {
    let system = chat("irc.example.org").service(dhcp("eth0"));
    distill::cli::main((qemu_x86_64(), system))
}
