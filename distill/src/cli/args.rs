//! Commands, arguments and options, as clap reads them.

use std::fmt::Write as _;
use std::time::Duration;

use camino::Utf8PathBuf;
use clap::{
    ArgAction, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum,
};

use super::exit::Exit;
use crate::build::Options;
use crate::machine::Forward;

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

/// Options of every command.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Options of every command")]
pub(super) struct GlobalOptions {
    /// Where sources and everything that was built are kept
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) store: Option<Utf8PathBuf>,
    /// Use only what is on this machine
    #[arg(long, global = true)]
    pub(super) offline: bool,
    /// Look for sources in this directory first (made by `sources export`; may be repeated)
    #[arg(long, global = true, value_name = "DIR", action = ArgAction::Append)]
    pub(super) cache: Vec<Utf8PathBuf>,
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
    pub(super) color: ColorChoice,
    /// Print data as JSON, a line each; `build` prints what happens while it happens
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// Tell more
    #[arg(short, long, global = true)]
    pub(super) verbose: bool,
    /// Tell nothing but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorChoice {
    // On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    Always,
    Never,
}

/// How to work, for every command that may build.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(super) struct WorkOptions {
    /// Run at most so many jobs at a time [default: the number of processors]
    #[arg(short, long, value_name = "N", value_parser = jobs)]
    pub(super) jobs: Option<usize>,
    /// After a failure, go on with everything that does not need what failed
    #[arg(short, long)]
    pub(super) keep_going: bool,
}

impl WorkOptions {
    pub(super) fn options(&self) -> Options {
        let mut options = Options {
            keep_going: self.keep_going,
            ..Options::default()
        };
        options.jobs = self.jobs.unwrap_or(options.jobs);
        options
    }
}

/// Options of `build`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Options of `build`")]
pub(super) struct BuildOptions {
    /// Where to put what was built [default: target/images/NAME.img]
    #[arg(short, long, value_name = "PATH")]
    pub(super) output: Option<Utf8PathBuf>,
    /// Only tell what would be built and fetched
    #[arg(short = 'n', long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) work: WorkOptions,
    /// Build again what is named, and compare: the same bytes must come out
    #[arg(long)]
    pub(super) check: bool,
    /// Stop a build that runs longer, such as `90s`, `30m`, `2h` [default: 2h]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(super) timeout: Option<Duration>,
}

impl BuildOptions {
    pub(super) fn options(&self) -> Options {
        let mut options = Options {
            check: self.check,
            ..self.work.options()
        };
        options.timeout = self.timeout.unwrap_or(options.timeout);
        options
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Build the image, or packages; this is what happens without a command
    Build(BuildArgs),
    /// Build the image and boot it
    Run(RunArgs),
    /// Show what the image is made of, or what one plan does
    #[command(after_help = PLAN_HELP)]
    Plan(PlanArgs),
    /// Show the log of a build
    Log(LogArgs),
    /// Open a shell in the sandbox of a build
    #[command(after_help = SHELL_HELP)]
    Shell(ShellArgs),
    /// Show why the image needs a package
    Why(WhyArgs),
    /// List sources; carry them to a machine without a network
    #[command(after_help = SOURCES_HELP)]
    Sources(SourcesArgs),
    /// Print the hashes of a file or directory, as recipes write them
    Sum(SumArgs),
    /// Remove what no image needs
    #[command(after_help = GC_HELP)]
    Gc(GcArgs),
    /// Look for damage in the store, and remove what is damaged
    Fsck(FsckArgs),
    /// Find out whether this machine can build, and what to change if not
    Doctor,
    /// Print a script that completes commands and options in a shell
    #[command(after_help = COMPLETIONS_HELP)]
    Completions(CompletionsArgs),
}

const PLAN_HELP: &str = "\
With a package, prints the encoding that its hash is computed from: every input by content, and
what is done with them. Nothing else decides what comes out.";

const SHELL_HELP: &str = "\
The shell sees what the build sees: the same files, the same environment, no network. `/build` is
the program of the build. Nothing that happens in it is kept.";

const SOURCES_HELP: &str = "\
An air-gapped build: run `sources export DIR` where there is a network, carry DIR over, and there run
`sources import DIR` (or pass `--cache DIR`).";

const GC_HELP: &str = "\
What is needed is what the images of the last days are made of, down to their sources, and what the
image of this program is made of.";

const COMPLETIONS_HELP: &str = "\
For example: `PROGRAM completions bash > ~/.local/share/bash-completion/completions/PROGRAM`.";

#[derive(Debug, Args)]
pub(super) struct BuildArgs {
    /// What to build instead of the image: a package's name, label, or the beginning of its hash
    #[arg(value_name = "PACKAGE")]
    pub(super) packages: Vec<String>,
    #[command(flatten)]
    pub(super) options: BuildOptions,
}

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub(super) run: RunOptions,
    #[command(flatten)]
    pub(super) work: WorkOptions,
}

/// How to run a machine.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[allow(clippy::struct_excessive_bools, reason = "a switch is a switch")]
pub struct RunOptions {
    /// Let in who has this key: a public key's file, or the private one beside it
    /// [default: ~/.ssh/id_{ed25519,ecdsa,rsa}.pub]
    #[arg(long, value_name = "FILE")]
    pub ssh_key: Vec<Utf8PathBuf>,
    /// End the machine after this time, such as `90s`
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub timeout: Option<Duration>,
    /// Keep the disk, beside the image, and go on with it the next time
    #[arg(long)]
    pub keep: bool,
    /// Keep the disk in this file, and go on with it if it is there
    #[arg(long, value_name = "FILE", conflicts_with = "keep")]
    pub disk: Option<Utf8PathBuf>,
    /// The size of a new disk, such as `512M` or `8G`: /var is what is behind the image
    /// [default: 2G, or twice the image]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub disk_size: Option<u64>,
    /// Memory of the machine, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 512)]
    pub memory: u32,
    /// Processors of the machine
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=255))]
    pub cpus: u32,
    /// Lead a port of this machine's loopback interface into the other one
    #[arg(long, value_name = "HERE:THERE", value_parser = forward)]
    pub port: Vec<Forward>,
    /// What starts the boot loader [default: as the platform says]
    #[arg(long, value_enum)]
    pub firmware: Option<FirmwareChoice>,
    /// Give no answer where clouds have their metadata service
    #[arg(long)]
    pub no_metadata: bool,
    /// Use /dev/kvm, which is faster where it works
    #[arg(long)]
    pub kvm: bool,
    /// Only print what would be run
    #[arg(short = 'n', long)]
    pub dry_run: bool,
}

/// What starts the boot loader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FirmwareChoice {
    /// The old way.
    Bios,
    /// The new way.
    Uefi,
}

#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    /// A package's name, label, or the beginning of its hash
    #[arg(value_name = "PACKAGE")]
    pub(super) package: Option<String>,
    /// Only tell what would be built and fetched
    #[arg(short = 'n', long)]
    pub(super) dry_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct LogArgs {
    /// A package's name, label, or the beginning of its hash
    #[arg(value_name = "PACKAGE")]
    pub(super) package: String,
    /// List the logs of all attempts, oldest first, instead of printing the newest
    #[arg(long)]
    pub(super) list: bool,
}

#[derive(Debug, Args)]
pub(super) struct ShellArgs {
    /// A package's name, label, or the beginning of its hash
    #[arg(value_name = "PACKAGE")]
    pub(super) package: String,
    /// What to run instead of a shell that takes commands
    #[arg(value_name = "COMMAND", last = true)]
    pub(super) command: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct WhyArgs {
    /// A package's name, label, or the beginning of its hash; or the file name of a source
    #[arg(value_name = "PACKAGE")]
    pub(super) package: String,
}

#[derive(Debug, Args)]
pub(super) struct SourcesArgs {
    #[command(subcommand)]
    pub(super) command: Option<SourcesCommand>,
}

#[derive(Debug, Subcommand)]
pub(super) enum SourcesCommand {
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
pub(super) struct SumArgs {
    /// Files or directories; `-` or nothing is standard input
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<Utf8PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct GcArgs {
    /// Only tell what would be removed
    #[arg(short = 'n', long)]
    pub(super) dry_run: bool,
    /// Keep what the images of so many days need; the last one of each name is always kept
    #[arg(long, value_name = "DAYS", default_value_t = 14)]
    pub(super) keep_days: u32,
    /// Keep only what the image of this program needs
    #[arg(long, conflicts_with = "keep_days")]
    pub(super) all_unused: bool,
}

#[derive(Debug, Args)]
pub(super) struct FsckArgs {
    /// Only tell what is damaged
    #[arg(short = 'n', long)]
    pub(super) dry_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: clap_complete::Shell,
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
        .after_help(after_help(program))
        .term_width(width)
        .color(color)
}

/// Reads a command line.
pub(super) fn parse(
    command: clap::Command,
    args: &[std::ffi::OsString],
) -> Result<Cli, clap::Error> {
    let mut command = command;
    let matches = command.try_get_matches_from_mut(args)?;
    let cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
    if cli.command.is_some() && cli.build != BuildOptions::default() {
        let text = "options of a command come after its name, as in `build --jobs 2`";
        return Err(command.error(clap::error::ErrorKind::ArgumentConflict, text));
    }
    Ok(cli)
}

fn after_help(program: &str) -> String {
    let mut text = format!(
        "\
Examples:
  {program}                  build the image; the last line is its path
  {program} run              boot it
  {program} build zlib       build one package; the last line is where it lies
  {program} why zlib         what needs it
  {program} doctor           whether this machine can build

Environment:
  DISTILL_STORE          the store, unless `--store` says where
  XDG_CACHE_HOME, HOME   else the store is `distill` in the user's caches
  DISTILL_DEBIAN_MIRROR  mirrors of Debian's archive to try first, separated by commas
  http_proxy, https_proxy, all_proxy, no_proxy
                         how to reach the network
  NO_COLOR               if set, no colours

Exit status:
"
    );
    for (exit, meaning) in Exit::ALL {
        let _ = writeln!(text, "  {:<4} {meaning}", exit.code());
    }
    text.truncate(text.trim_end().len());
    text
}

fn jobs(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("want a number, at least 1".to_owned()),
        Ok(jobs) => Ok(jobs),
    }
}

/// `2222:22`.
fn forward(text: &str) -> Result<Forward, String> {
    let ports = text.split_once(':').and_then(|(host, guest)| {
        let (host, guest) = (host.parse().ok()?, guest.parse().ok()?);
        (host != 0 && guest != 0).then_some(Forward { host, guest })
    });
    ports.ok_or_else(|| "want two ports such as `8080:80`".to_owned())
}

/// `1048576`, `512M`, `8G`: bytes, with powers of 1024.
fn size(text: &str) -> Result<u64, String> {
    let number = text.trim_end_matches(['K', 'M', 'G', 'T']);
    let factor: Option<u64> = match &text[number.len()..] {
        "" => Some(1),
        "K" => Some(1 << 10),
        "M" => Some(1 << 20),
        "G" => Some(1 << 30),
        "T" => Some(1 << 40),
        _ => None,
    };
    let bytes = number
        .parse::<u64>()
        .ok()
        .zip(factor)
        .and_then(|(n, f)| n.checked_mul(f));
    match bytes {
        // Sectors have 512 bytes.
        Some(bytes) if bytes > 0 && bytes % 512 == 0 => Ok(bytes),
        _ => Err("want a size such as `512M` or `8G`".to_owned()),
    }
}

/// `90`, `90s`, `30m`, `2h`.
fn time(text: &str) -> Result<Duration, String> {
    let number = text.trim_end_matches(['s', 'm', 'h']);
    let factor = match &text[number.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => 0,
    };
    let seconds = number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(factor));
    match seconds {
        None | Some(0) => Err("want a time such as `90s`, `30m` or `2h`".to_owned()),
        Some(seconds) => Ok(Duration::from_secs(seconds)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clap_agrees_with_the_definitions() {
        command("droplet", "droplet", 100, false).debug_assert();
    }

    #[test]
    fn sizes_and_ports() {
        assert_eq!(
            ["512", "1K", "2M", "8G"].map(size),
            [512, 1 << 10, 2 << 20, 8 << 30].map(Ok)
        );
        for bad in ["", "0", "G", "1KK", "511", "-1G", "99999999999T"] {
            assert!(size(bad).is_err(), "{bad}");
        }
        assert_eq!(
            forward("8080:80"),
            Ok(Forward {
                host: 8080,
                guest: 80
            })
        );
        for bad in ["", "80", "0:80", "80:0", "80:65536", "a:b", "1:2:3"] {
            assert!(forward(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn times() {
        let seconds = |text| time(text).map(|time| time.as_secs());
        assert_eq!(
            ["90", "90s", "30m", "2h"].map(seconds),
            [90, 90, 1800, 7200].map(Ok)
        );
        for bad in ["", "0", "s", "2d", "1hh", "-1", "99999999999999999h"] {
            assert!(time(bad).is_err(), "{bad}");
        }
    }
}
