//! Any package of the catalogue, by name, without an image around it.
//!
//! ```sh
//! cargo run --example packages -- build jq          # prints the directory that it lies in
//! cargo run --example packages -- build jq --check  # builds it again, and compares
//! cargo run --example packages -- shell jq          # a shell where it is built
//! ```

use std::process::ExitCode;

use distill::cli::Target;
use distill::plan::Artifact;
use distill_packages::{all, quick};
use distill_platforms::qemu_x86_64;
use distill_systems::minimal;

fn main() -> ExitCode {
    let config = quick();
    let mut target = Target::from((qemu_x86_64(), minimal()));
    for (name, package) in all() {
        for placed in config.expand(&package) {
            if let Artifact::Plan(plan) = placed.of {
                target = target.with_package(name, plan);
            }
        }
    }
    distill::cli::main(target)
}
