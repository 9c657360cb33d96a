//! What a program needs to run.

use std::path::Path;

#[path = "../e2e/elf.rs"]
#[allow(
    dead_code,
    reason = "whether a program has symbols is looked at elsewhere"
)]
mod file;

use file::Elf;

/// What the program at `path` needs.
#[track_caller]
pub(crate) fn elf(path: &Path) -> Elf {
    let bytes = std::fs::read(path).expect("a program");
    Elf::parse(&bytes).expect("an ELF file")
}
