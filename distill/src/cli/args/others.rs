//! What commands take that look and tidy up.

use camino::Utf8PathBuf;
use clap::{Args, Subcommand};

use super::build::WorkOptions;

#[derive(Debug, Args)]
pub(in crate::cli) struct PlanArgs {
    /// A package's name, label, or the beginning of its hash
    #[arg(value_name = "PACKAGE")]
    pub(in crate::cli) package: Option<String>,
    /// Only tell what would be built and fetched
    #[arg(short = 'n', long)]
    pub(in crate::cli) dry_run: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct LogArgs {
    /// A package's name, label, or the beginning of its hash
    #[arg(value_name = "PACKAGE")]
    pub(in crate::cli) package: String,
    /// List the logs of all attempts, oldest first, instead of printing the newest
    #[arg(long)]
    pub(in crate::cli) list: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ShellArgs {
    /// A package's name, label, or the beginning of its hash
    #[arg(value_name = "PACKAGE")]
    pub(in crate::cli) package: String,
    /// What to run instead of a shell that takes commands
    #[arg(value_name = "COMMAND", last = true)]
    pub(in crate::cli) command: Vec<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct WhyArgs {
    /// A package's name, label, or the beginning of its hash; or the file name of a source
    #[arg(value_name = "PACKAGE")]
    pub(in crate::cli) package: String,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct SourcesArgs {
    #[command(subcommand)]
    pub(in crate::cli) command: Option<SourcesCommand>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum SourcesCommand {
    /// Put every source into a directory, fetching what is missing
    Export {
        /// A new directory, or one that an export made
        dir: Utf8PathBuf,
    },
    /// Take every source of a directory into the store
    Import {
        /// A directory that an export made
        dir: Utf8PathBuf,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ExportArgs {
    /// A new directory, or one that an export made
    pub(in crate::cli) dir: Utf8PathBuf,
    #[command(flatten)]
    pub(in crate::cli) work: WorkOptions,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct SumArgs {
    /// Files or directories; `-` or nothing is standard input
    #[arg(value_name = "PATH")]
    pub(in crate::cli) paths: Vec<Utf8PathBuf>,
    /// The directory of a program in Go: print its `go.pins`, from what `go mod download` has left
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "paths")]
    pub(in crate::cli) go: Option<Utf8PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct GcArgs {
    /// Only tell what would be removed
    #[arg(short = 'n', long)]
    pub(in crate::cli) dry_run: bool,
    /// Keep what the images of so many days need; the last one of each name is always kept
    #[arg(long, value_name = "DAYS", default_value_t = 14)]
    pub(in crate::cli) keep_days: u32,
    /// Keep only what the image of this program needs
    #[arg(long, conflicts_with = "keep_days")]
    pub(in crate::cli) all_unused: bool,
    /// Wait until the processes have ended that use the store; those that start meanwhile wait, too
    #[arg(long, conflicts_with = "dry_run")]
    pub(in crate::cli) wait: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct FsckArgs {
    /// Only tell what is damaged
    #[arg(short = 'n', long)]
    pub(in crate::cli) dry_run: bool,
    /// Verify nothing, but drop the records of what caches said that plans made, or of what this
    /// cache said; those plans run, or are asked for, again
    #[arg(long, value_name = "CACHE")]
    #[expect(
        clippy::option_option,
        reason = "clap's type of an option with or without a value"
    )]
    pub(in crate::cli) from_cache: Option<Option<String>>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(in crate::cli) shell: clap_complete::Shell,
}
