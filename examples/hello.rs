//! A program of one's own, from its source to a service in an image.
//!
//! ```sh
//! cargo run --example hello -- run
//! ```
//!
//! Three things that every recipe and every service is made of:
//!
//! - **A recipe is a function from a [`Config`] to a [`Plan`].** The macro fills in a struct; the
//!   script says how the source becomes `/out`. What runs, runs in a sandbox that holds the inputs
//!   and nothing else, so what is not named is not there.
//! - **A service is a value**: what runs, which packages it needs, as which user, after what.
//! - **A system** takes both, and the platform makes an image of it.
//!
//! Here the source is the recipe's own (`files`). A source from elsewhere is
//! `source: url("https://…", sha256("…"))`; the guide's page "your first recipe" shows one.

use std::process::ExitCode;

use distill::package::Config;
use distill::plan::{Artifact, Mode, Plan, RelPath};
use distill::system::{Service, User};
use distill::{cc_package, execline};
use distill_platforms::qemu_x86_64;
use distill_systems::minimal;

/// The program's source.
const SOURCE: &str = r#"
#include <stdio.h>
#include <unistd.h>

int main(void) {
    for (unsigned n = 1;; n++) {
        printf("hello for the %uth time, from user %u\n", n, (unsigned)getuid());
        fflush(stdout);
        sleep(10);
    }
}
"#;

/// A program that is friendly, and does not stop being so.
fn hello(config: &Config) -> Plan {
    let source = RelPath::new("src/hello.c").expect("a relative path");
    cc_package! { config,
        name: "hello", version: "1.0",
        licence: "MIT OR Apache-2.0", homepage: "https://example.org/hello",
        files: [Artifact::file(source, Mode::FILE, SOURCE)],
        dir: "/src",
        script: execline! {
            // The toolchain's names are in the environment: another config, another compiler.
            importas -i cc CC
            if { mkdir -p "/out/usr/bin" }
            if { $cc -Os -o "/out/usr/bin/hello" "hello.c" }
            #{distill::package::strip_all()}
        },
    }
}

/// The same, started at boot as a user of its own; its output goes to `/var/log/greeter`.
fn greeter() -> Service {
    Service::longrun("greeter", execline! { hello })
        .package(hello)
        .user(User::system("greeter"))
        .run_as("greeter")
        .ready_when_started()
}

fn main() -> ExitCode {
    distill::cli::main((qemu_x86_64(), minimal().service(greeter())))
}
