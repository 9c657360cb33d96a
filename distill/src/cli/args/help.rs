//! What the help says beside what options say of themselves.

use std::fmt::Write as _;

use crate::cli::exit::Exit;

pub(super) const PLAN: &str = "\
With a package, prints the encoding that its hash is computed from: every input by content, and
what is done with them. Nothing else decides what comes out.";

pub(super) const SHELL: &str = "\
The shell sees what the build sees: the same files, the same environment, no network. It starts
where the build's own commands start: in the source, with its patches, and with the compiler's
variables set. `/build` is the program of the build. Nothing that happens in it is kept.";

pub(super) const SOURCES: &str = "\
An air-gapped build: run `sources export DIR` where there is a network, carry DIR over, and there run
`sources import DIR` (or pass `--cache DIR`).";

pub(super) const EXPORT: &str = "\
Elsewhere, the same program takes from there what it needs: `--cache DIR`. It asks neither for the
sources nor for the tools that they are built with.";

pub(super) const GC: &str = "\
What is needed is what the images of the last days are made of, down to their sources, and what the
image of this program is made of.";

pub(super) const COMPLETIONS: &str = "\
For example: `PROGRAM completions bash > ~/.local/share/bash-completion/completions/PROGRAM`.";

/// The end of the help of `program`.
pub(super) fn after(program: &str) -> String {
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
    text + "  Of several failures (`--keep-going`), the highest status counts."
}
