//! Options of every command.

use camino::Utf8PathBuf;
use clap::{ArgAction, Args, ValueEnum};

/// Options of every command.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Options of every command")]
pub(in crate::cli) struct GlobalOptions {
    /// Where sources and everything that was built are kept
    #[arg(long, global = true, value_name = "DIR")]
    pub(in crate::cli) store: Option<Utf8PathBuf>,
    /// Use only what is on this machine
    #[arg(long, global = true)]
    pub(in crate::cli) offline: bool,
    /// Take sources, and what was built elsewhere, from this directory (made by `export` or
    /// `sources export`; may be repeated)
    #[arg(long, global = true, value_name = "DIR", action = ArgAction::Append)]
    pub(in crate::cli) cache: Vec<Utf8PathBuf>,
    /// When to use colours: auto, always or never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_enum,
        default_value_t,
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub(in crate::cli) color: ColorChoice,
    /// Print data as JSON, a line each; `build` prints what happens while it happens
    #[arg(long, global = true)]
    pub(in crate::cli) json: bool,
    /// Tell more
    #[arg(short, long, global = true)]
    pub(in crate::cli) verbose: bool,
    /// Tell nothing but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(in crate::cli) quiet: bool,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ColorChoice {
    // On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    Always,
    Never,
}
