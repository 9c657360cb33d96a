//! The program that the tests run as a user would: a target of tiny plans, whose builds are shell
//! scripts, and whatever can be wrong with one.
//!
//! `WORKSHOP` in the environment chooses: without it there is the target alone, which is sound;
//! `mistakes` adds a package for each mistake of a recipe; `unknown-service` and `service-cycle` are
//! systems that do not fit together.

mod mistakes;
mod shell;
mod target;

use std::process::ExitCode;

use distill::cli::{self, Target};
use distill::execline;
use distill::system::{Service, System};
use distill_platforms::qemu_x86_64;
use distill_systems::minimal;

use shell::shell;

fn main() -> ExitCode {
    cli::main(match std::env::var("WORKSHOP").as_deref() {
        Ok("mistakes") => mistakes::all(&shell())
            .into_iter()
            .fold(workshop(), |target, (name, plan)| {
                target.with_package(name, plan)
            }),
        Ok("unknown-service") => {
            on_a_machine(waiting("web", "databse").service(daemon("database")))
        }
        Ok("service-cycle") => {
            on_a_machine(waiting("chicken", "egg").service(daemon("egg").after("chicken")))
        }
        _ => workshop(),
    })
}

fn workshop() -> Target {
    Target::new("workshop", target::workshop(&shell()))
}

fn on_a_machine(system: System) -> Target {
    (qemu_x86_64(), system).into()
}

/// A system with a service that comes after another one.
fn waiting(name: &str, after: &str) -> System {
    minimal().service(daemon(name).after(after))
}

fn daemon(name: &str) -> Service {
    Service::longrun(name, execline! { sleep 1000 }).ready_when_started()
}
