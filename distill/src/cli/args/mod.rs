//! Commands, arguments and options, as clap reads them.

mod build;
mod global;
mod help;
mod others;
mod run;
mod values;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub(super) use build::{BuildArgs, BuildOptions};
pub(super) use global::{ColorChoice, GlobalOptions};
pub(super) use others::{
    CompletionsArgs, ExportArgs, FsckArgs, GcArgs, LogArgs, PlanArgs, ShellArgs, SourcesArgs,
    SourcesCommand, SumArgs, WhyArgs,
};
pub(super) use run::RunArgs;
pub use run::{FirmwareChoice, RunOptions};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(disable_help_subcommand = true)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) build: BuildOptions,
    #[command(flatten)]
    pub(super) global: GlobalOptions,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Build the image, or packages; this is what happens without a command
    Build(BuildArgs),
    /// Build the image and boot it
    Run(RunArgs),
    /// Look for mistakes in the system and in all recipes, without building anything
    Check,
    /// Show what the image is made of, or what one plan does
    #[command(after_help = help::PLAN)]
    Plan(PlanArgs),
    /// Show the log of a build
    Log(LogArgs),
    /// Open a shell in the sandbox of a build
    #[command(after_help = help::SHELL)]
    Shell(ShellArgs),
    /// Show why the image needs a package
    Why(WhyArgs),
    /// List sources; carry them to a machine without a network
    #[command(after_help = help::SOURCES)]
    Sources(SourcesArgs),
    /// Build, and put everything that was built where others can take it from
    #[command(after_help = help::EXPORT)]
    Export(ExportArgs),
    /// Print the hashes of a file or directory, as recipes write them
    Sum(SumArgs),
    /// Remove what no image needs
    #[command(after_help = help::GC)]
    Gc(GcArgs),
    /// Look for damage in the store, and remove what is damaged
    Fsck(FsckArgs),
    /// Find out whether this machine can build, and what to change if not
    Doctor,
    /// Print a script that completes commands and options in a shell
    #[command(after_help = help::COMPLETIONS)]
    Completions(CompletionsArgs),
}

/// What the help says, for a program about `target`.
pub(super) fn command(program: &str, target: &str, width: usize, color: bool) -> clap::Command {
    let color = if color {
        clap::ColorChoice::Always
    } else {
        clap::ColorChoice::Never
    };
    Cli::command()
        .name("distill")
        .display_name(target)
        .bin_name(program)
        .version(env!("CARGO_PKG_VERSION"))
        .about(format!(
            "Builds the image `{target}` from pinned sources, and runs it."
        ))
        .after_help(help::after(program))
        .term_width(width)
        .color(color)
}

/// Reads a command line.
pub(super) fn parse(
    command: clap::Command,
    args: &[std::ffi::OsString],
) -> Result<Cli, clap::Error> {
    let mut command = command;
    // Names of files are UTF-8 here; clap would refuse it, too, but not say which one it is.
    if let Some(argument) = args
        .iter()
        .skip(1)
        .find(|argument| argument.to_str().is_none())
    {
        let text = format!("the argument `{}` is not UTF-8", argument.display());
        return Err(command.error(clap::error::ErrorKind::InvalidUtf8, text));
    }
    let matches = command.try_get_matches_from_mut(args)?;
    let cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
    if cli.command.is_some() && cli.build != BuildOptions::default() {
        let text = "options of a command come after its name, as in `build --jobs 2`";
        return Err(command.error(clap::error::ErrorKind::ArgumentConflict, text));
    }
    Ok(cli)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clap_agrees_with_the_definitions() {
        command("droplet", "droplet", 100, false).debug_assert();
    }
}
