//! What `run` takes.

use std::time::Duration;

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};

use super::build::WorkOptions;
use super::values::{forward, memory, size, time};
use crate::machine::Forward;

#[derive(Debug, Args)]
pub(in crate::cli) struct RunArgs {
    #[command(flatten)]
    pub(in crate::cli) run: RunOptions,
    #[command(flatten)]
    pub(in crate::cli) work: WorkOptions,
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
    /// Throw away what is written to the disk, and copy nothing before
    #[arg(long, conflicts_with_all = ["keep", "disk"])]
    pub snapshot: bool,
    /// The size of a new disk, such as `512M` or `8G`: /var is what is behind the image
    /// [default: 2G, or twice the image]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub disk_size: Option<u64>,
    /// Attach this file as another disk, which the machine may write to
    #[arg(long, value_name = "FILE")]
    pub attach: Vec<Utf8PathBuf>,
    /// Memory of the machine, in MiB, or such as `2G`
    #[arg(long, value_name = "MIB", default_value = "512", value_parser = memory)]
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
    /// Only print what would be run, or what would be built before that
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
