//! The cache server for DigitalOcean, where network and keys come from the cloud.

use std::process::ExitCode;

use cache_server::{cache, sizes};
use distill_platforms::droplet;

fn main() -> ExitCode {
    distill::cli::main((droplet(), cache(sizes::LARGE)))
}
