//! A program of one's own in C++, from the directory beside the recipe to a service in an image.
//!
//! ```sh
//! cargo run --example almanac -- run
//! ```
//!
//! - **The source lies beside this file**, in `almanac/`: a change there is a change of the package, and nothing
//!   needs to be published or pinned.
//! - **`cmake_package!`** runs CMake and ninja with the config's toolchain. `cxx: true` brings the C++ compiler
//!   and its library; the program that comes out is one static file.
//! - **Time zones are in it**: what C++ needs of them is compiled into its library.

use std::process::ExitCode;

use distill::package::Config;
use distill::plan::Plan;
use distill::system::{Service, User};
use distill::{cmake_package, execline};
use distill_platforms::qemu_x86_64;
use distill_systems::minimal;

/// Says what time it is elsewhere.
pub(crate) fn almanac(config: &Config) -> Plan {
    cmake_package! { config,
        name: "almanac", version: "1", licence: "MIT OR Apache-2.0",
        source: local!("examples/almanac"),
        cxx: true,
    }
}

/// The time in some places, every minute, in `/var/log/almanac`.
fn daemon() -> Service {
    Service::longrun(
        "almanac",
        execline! {
            fdmove -c 2 1
            almanac "Europe/Berlin" "Asia/Kathmandu" "America/New_York"
        },
    )
    .package(almanac)
    .user(User::system("almanac"))
    .run_as("almanac")
    .ready_when_started()
}

fn main() -> ExitCode {
    let system = minimal().hostname("almanac").service(daemon());
    distill::cli::main((qemu_x86_64(), system))
}
