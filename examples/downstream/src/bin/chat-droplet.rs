//! The chat server for DigitalOcean, where network and keys come from the cloud.

use std::process::ExitCode;

use chat_server::chat;
use distill_platforms::droplet;

fn main() -> ExitCode {
    distill::cli::main((droplet(), chat("irc.example.org")))
}
