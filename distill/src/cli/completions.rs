//! `completions`: for shells.

use super::args::{self, CompletionsArgs};
use super::error::CliError;
use super::exit::Exit;
use super::invocation::Invocation;

pub(super) fn run(invocation: &Invocation<'_>, args: &CompletionsArgs) -> Result<u8, CliError> {
    let program = camino::Utf8Path::new(&invocation.settings.program);
    let name = program.file_name().unwrap_or(program.as_str());
    let mut command = args::command(name, invocation.target.name(), 100, false);
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    invocation.ui.bytes(&script)?;
    Ok(Exit::Success.code())
}
