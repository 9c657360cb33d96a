//! A program of one's own, from its source to a service in an image.
//!
//! ```sh
//! cargo run --example hello -- run
//! ```
//!
//! Three things that everything is made of:
//!
//! - **A recipe is a function from a [`Config`] to a [`Plan`].** `cmmi_package!` is the template for
//!   what is built by `./configure`, `make`, `make install`; other templates take a script. What runs,
//!   runs in a sandbox that holds the inputs and nothing else: what is not named is not there, and
//!   there is no network.
//! - **A service is a value**: what runs, which packages it needs, as which user, after what.
//! - **A system** takes services and packages, and a platform makes an image of it.

use std::process::ExitCode;

use distill::package::Config;
use distill::plan::Plan;
use distill::system::{Service, User};
use distill::{cmmi_package, execline};
use distill_platforms::qemu_x86_64;
use distill_systems::minimal;

/// GNU hello, which is friendly.
///
/// A source is a hash and where its bytes may be fetched; any place will do, since the hash decides.
fn hello(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "hello", version: "2.10",
        licence: "GPL-3.0-or-later", homepage: "https://www.gnu.org/software/hello/", cpe: "gnu:hello",
        source: gnu("hello/hello-$version.tar.gz",
            sha256("31e066137a962676e89f69d1b65382de95a7ef7d914b8cb956f41ea72e0f516b"))
            .or_debian("h/hello/hello_$version.orig.tar.gz"),
        extra_configure: ["--disable-nls"],
    }
}

/// Says hello again and again, as a user of its own; its output goes to `/var/log/greeter`.
///
/// `execline!` takes a script as execline has it: `foreground` runs a block and waits for it. What
/// begins with `#` and a brace comes from Rust.
fn greeter(pause: u32) -> Service {
    Service::longrun(
        "greeter",
        execline! {
            fdmove -c 2 1
            loopwhilex
            foreground { hello }
            sleep #{pause}
        },
    )
    .package(hello)
    .user(User::system("greeter"))
    .run_as("greeter")
    .ready_when_started()
}

fn main() -> ExitCode {
    let system = minimal()
        .hostname("friendly")
        .package(hello)
        .service(greeter(10));
    distill::cli::main((qemu_x86_64(), system))
}
