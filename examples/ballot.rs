//! A web service of one's own in Python, with a requirement, a database, a user, and a word when it is ready.
//!
//! ```sh
//! cargo run --example ballot -- run
//! ```
//!
//! - **The program is a project beside this file**, in `ballot/`, as it would be without an image: its `pyproject.toml`
//!   says what is installed, its `requirements.txt` what it needs, each with a hash.
//! - **`python_package!`** installs both into one tree, compiled. Each requirement is a source of its own; when only the
//!   program changes, only the program is installed again.
//! - **The interpreter is one static program**, with SQLite and all else of its library in it.

use std::process::ExitCode;

use distill::package::Config;
use distill::plan::Plan;
use distill::system::{Directory, Owner, Service, System, User};
use distill::{execline, python_package};
use distill_packages::python3;
use distill_platforms::qemu_x86_64;
use distill_services::dhcp;
use distill_systems::minimal;

/// Counts votes, and shows how many there are.
pub(crate) fn ballot(config: &Config) -> Plan {
    python_package! { config,
        name: "ballot", version: "0.1.0", licence: "MIT OR Apache-2.0",
        source: local!("examples/ballot"),
    }
}

fn daemon() -> Service {
    let state = Directory::new("/var/lib/ballot").mode(0o700);
    Service::longrun(
        "ballot",
        execline! {
            fdmove -c 2 1
            export NOTIFY_FD 3
            ballot 8080 "/var/lib/ballot/votes"
        },
    )
    .package(ballot)
    .package(python3)
    .user(User::system("ballot"))
    .run_as("ballot")
    .directory(state.owner(Owner::new("ballot", "ballot")))
    .after("var-mount")
    .listens("tcp/8080")
    .notification_fd(3)
}

/// The system: a network, and the service.
pub(crate) fn system() -> System {
    minimal()
        .hostname("ballot")
        .service(dhcp("eth0"))
        .service(daemon())
}

fn main() -> ExitCode {
    distill::cli::main((qemu_x86_64(), system()))
}
