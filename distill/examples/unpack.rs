//! Unpacks an archive as the store does, for `bench/unpack`: `unpack ARCHIVE DIRECTORY` makes the
//! directory and prints the hash of the tree.

#![allow(clippy::print_stdout, reason = "a program of its own")]

use std::fs::File;

use anyhow::Context as _;
use camino::Utf8PathBuf;
use distill::plan::archive::{Format, Options};
use distill::store::intake::{NEVER, unpack_into};

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let (Some(archive), Some(dir)) = (args.next(), args.next()) else {
        anyhow::bail!("expected an archive and a directory");
    };
    let format =
        Format::of_name(&archive).context("the archive's name does not tell its format")?;
    let input = File::open(&archive).with_context(|| format!("cannot open `{archive}`"))?;
    let tree = unpack_into(
        &Utf8PathBuf::from(dir),
        input,
        &Options::new(format),
        false,
        &NEVER,
    )?;
    let tree = tree.manifest();
    println!(
        "{} {} entries, {} bytes",
        tree.hash(),
        tree.len(),
        tree.size()
    );
    Ok(())
}
