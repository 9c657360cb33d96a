//! The command line of a program that names an image: `build`, `run`, `plan`, `log`, `shell`, `why`,
//! `sources`, `sum`, `gc`, `fsck`, `doctor`, `completions`.
//!
//! ```no_run
//! # fn image() -> distill::plan::Plan { unimplemented!() }
//! use std::process::ExitCode;
//!
//! use distill::cli::{self, Target};
//!
//! fn main() -> ExitCode {
//!     cli::main(Target::new("droplet", image()))
//! }
//! ```
//!
//! Standard output is data, standard error is status. [`run_on`] takes everything of the process
//! that a command touches as a [`Host`], so that tests run commands in their own process.

mod args;
mod beginning;
mod build;
mod check;
mod completions;
mod copy;
mod doctor;
mod error;
mod exit;
mod export;
mod failure;
mod fsck;
mod gc;
mod graph;
mod host;
mod inputs;
mod interrupt;
mod invocation;
mod keys;
mod log;
mod machine;
mod plan;
mod ports;
mod preflight;
mod profile;
mod run;
mod session;
mod settings;
mod shell;
mod sources;
mod streams;
mod sum;
mod target;
mod terminal;
mod ui;
mod units;
mod view;
mod why;

use std::io::{ErrorKind, Write as _};
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

pub use args::{FirmwareChoice, RunOptions};
pub use error::CliError;
pub use exit::Exit;
pub use host::{Environment, Host, TerminalSize};
pub use target::{RunContext, Target};
pub use ui::Ui;

use args::{Cli, Command};
use invocation::Invocation;
use settings::Settings;

/// Does what this process was called for; the whole `main` of a program that names an image.
pub fn main(target: impl Into<Target>) -> ExitCode {
    match Host::process() {
        Ok(host) => {
            // The process ends: the kernel takes a graph of many plans back faster than its owner does.
            let target = ManuallyDrop::new(target.into());
            run_on(host, &target).into()
        }
        Err(error) => {
            let _ = writeln!(
                std::io::stderr(),
                "error: cannot use this directory: {error}"
            );
            Exit::Definition.code().into()
        }
    }
}

/// Does what `host` was called for; the exit status.
pub fn run_on(host: Host, target: &Target) -> u8 {
    // A panic has said what it is about when it comes here.
    let done = catch_unwind(AssertUnwindSafe(|| parse_and_run(host, target)));
    done.unwrap_or_else(|_| {
        let text = "error: this is a defect of Distill; please report what stands above";
        let _ = writeln!(std::io::stderr(), "{text}");
        Exit::Internal.code()
    })
}

fn parse_and_run(mut host: Host, target: &Target) -> u8 {
    let program = host.program();
    let width = host
        .terminal
        .map_or(100, |size| size().width.clamp(40, 100));
    let colored = wants_color(&host);
    let command = args::command(&settings::quoted(&program), target.name(), width, colored);
    match args::parse(command, &host.args) {
        Ok(cli) => run_command(host, target, cli),
        Err(error) => {
            let text = error.render();
            let text = if colored {
                text.ansi().to_string()
            } else {
                text.to_string()
            };
            let stream = if error.use_stderr() {
                &mut host.stderr
            } else {
                &mut host.stdout
            };
            let written = stream.write_all(text.as_bytes());
            match written.and_then(|()| stream.flush()) {
                // Who has stopped to read has what it wanted.
                Err(unwritten) if unwritten.kind() != ErrorKind::BrokenPipe => {
                    let unwritten = CliError::Stdout(unwritten);
                    let _ = writeln!(host.stderr, "error: {unwritten}");
                    unwritten.exit().code()
                }
                _ => u8::try_from(error.exit_code()).unwrap_or(Exit::Usage.code()),
            }
        }
    }
}

/// Whether to use colours before the options are known.
fn wants_color(host: &Host) -> bool {
    let said = |choice| {
        host.args
            .iter()
            .any(|arg| *arg == *format!("--color={choice}"))
    };
    let auto = settings::color(args::ColorChoice::Auto, host) && host.stdout_is_terminal;
    said("always") || (auto && !said("never"))
}

fn run_command(host: Host, target: &Target, cli: Cli) -> u8 {
    let settings = Settings::gather(&cli.global, &host);
    let ui = Arc::new(Ui::new(&settings, host.stdout, host.stderr, host.terminal));
    let invocation = Invocation {
        target,
        settings,
        env: host.env,
        ui: Arc::clone(&ui),
        stdin: Mutex::new(host.stdin),
        cancel: host.cancel,
        signals: host.signals,
    };
    match dispatch(&invocation, cli) {
        Ok(code) => code,
        Err(error) => {
            failure::show(&ui, &invocation.settings, &error);
            error.exit().code()
        }
    }
}

fn dispatch(invocation: &Invocation<'_>, cli: Cli) -> Result<u8, CliError> {
    let default = || {
        Command::Build(args::BuildArgs {
            packages: Vec::new(),
            options: cli.build,
        })
    };
    match cli.command.unwrap_or_else(default) {
        Command::Build(args) => build::run(invocation, &args),
        Command::Run(args) => run::run(invocation, &args),
        Command::Check => check::run(invocation),
        Command::Plan(args) => plan::run(invocation, &args),
        Command::Log(args) => log::run(invocation, &args),
        Command::Shell(args) => shell::run(invocation, &args),
        Command::Why(args) => why::run(invocation, &args),
        Command::Sources(args) => sources::run(invocation, &args),
        Command::Export(args) => export::run(invocation, &args),
        Command::Sum(args) => sum::run(invocation, &args),
        Command::Gc(args) => gc::run(invocation, &args),
        Command::Fsck(args) => fsck::run(invocation, &args),
        Command::Doctor => doctor::run(invocation),
        Command::Completions(args) => completions::run(invocation, &args),
    }
}

#[cfg(test)]
mod tests;
