//! A web service of one's own in Rust: with its own user, configuration, state, and a word when it is ready.
//!
//! ```sh
//! cargo run --example guestbook -- run
//! ```
//!
//! - **The program is a crate beside this file**, in `guestbook/`, as it would be without an image.
//!   `local!` takes what git would keep of it; a change there is a change of the package.
//! - **`cargo_package!`** reads its `Cargo.lock`: every crate is a source with the checksum that stands there. They
//!   are compiled once; when only the program changes, only the program is compiled again.
//! - **It runs as a user of its own**, keeps what it is told in `/var/lib/guestbook`, which outlives the image, and
//!   counts as ready when it takes connections: it writes a line to a file descriptor then.

use std::process::ExitCode;

use distill::package::Config;
use distill::plan::Plan;
use distill::system::{Directory, File, Owner, Service, System, User};
use distill::{cargo_package, execline};
use distill_platforms::qemu_x86_64;
use distill_services::dhcp;
use distill_systems::minimal;

/// Keeps what visitors write, and shows it.
pub(crate) fn guestbook(config: &Config) -> Plan {
    cargo_package! { config,
        name: "guestbook", version: "0.1.0", licence: "MIT OR Apache-2.0",
        source: local!("examples/guestbook"),
    }
}

const CONFIGURATION: &str = r#"title = "Guests"
listen = "0.0.0.0:8080"
entries = "/var/lib/guestbook/entries"
"#;

fn daemon() -> Service {
    let state = Directory::new("/var/lib/guestbook").mode(0o700);
    Service::longrun(
        "guestbook",
        execline! {
            fdmove -c 2 1
            export NOTIFY_FD 3
            guestbook "/etc/guestbook.toml"
        },
    )
    .package(guestbook)
    .user(User::system("guestbook"))
    .run_as("guestbook")
    .file(File::new("/etc/guestbook.toml", CONFIGURATION))
    .directory(state.owner(Owner::new("guestbook", "guestbook")))
    .after("var-mount")
    .listens("tcp/8080")
    .notification_fd(3)
}

/// The system: a network, and the service.
pub(crate) fn system() -> System {
    minimal()
        .hostname("guestbook")
        .service(dhcp("eth0"))
        .service(daemon())
}

fn main() -> ExitCode {
    distill::cli::main((qemu_x86_64(), system()))
}
