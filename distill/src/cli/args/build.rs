//! What `build` takes, and every other command that may build.

use std::time::Duration;

use camino::Utf8PathBuf;
use clap::Args;

use super::values::{jobs, time};
use crate::engine::Options;

/// How to work, for every command that may build.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(in crate::cli) struct WorkOptions {
    /// Run at most so many jobs at a time [default: the number of processors]
    #[arg(short, long, value_name = "N", value_parser = jobs)]
    pub(in crate::cli) jobs: Option<usize>,
    /// After a failure, go on with everything that does not need what failed
    #[arg(short, long)]
    pub(in crate::cli) keep_going: bool,
}

impl WorkOptions {
    pub(in crate::cli) fn options(&self) -> Options {
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
pub(in crate::cli) struct BuildOptions {
    /// Where to put what was built [default: target/images/NAME.img]
    #[arg(short, long, value_name = "PATH")]
    pub(in crate::cli) output: Option<Utf8PathBuf>,
    /// Make the image in this form instead, such as `qcow2`: as target/images/NAME.qcow2
    #[arg(long, value_name = "FORMAT")]
    pub(in crate::cli) format: Vec<String>,
    /// Only tell what would be built and fetched
    #[arg(short = 'n', long)]
    pub(in crate::cli) dry_run: bool,
    #[command(flatten)]
    pub(in crate::cli) work: WorkOptions,
    /// Build again what is named, and compare: the same bytes must come out
    #[arg(long)]
    pub(in crate::cli) check: bool,
    /// Stop a build that runs longer, such as `90s`, `30m`, `2h` [default: 2h]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(in crate::cli) timeout: Option<Duration>,
}

impl BuildOptions {
    pub(in crate::cli) fn options(&self) -> Options {
        let mut options = Options {
            check: self.check,
            ..self.work.options()
        };
        options.timeout = self.timeout.unwrap_or(options.timeout);
        options
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct BuildArgs {
    /// What to build instead of the image: a package's name, label, or the beginning of its hash
    #[arg(value_name = "PACKAGE")]
    pub(in crate::cli) packages: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) options: BuildOptions,
}
