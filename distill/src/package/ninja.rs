//! What the templates for CMake and Meson share: ninja builds for both.

use super::cmmi::tidy;
use super::script::{Script, Words};

/// Where CMake and Meson build: a directory inside the source.
pub(super) const DIRECTORY: &str = "_build";

/// Where a project's own files lie, below the source: `subdir`, or the source itself.
pub(super) fn source(subdir: &str) -> &str {
    if subdir.is_empty() { "." } else { subdir }
}

/// What CMake and Meson have in common: they configure, ninja builds, and they install.
pub(super) struct Steps<'a> {
    pub(super) prepare: &'a Script,
    /// The command that configures in [`DIRECTORY`].
    pub(super) configure: Words,
    /// What ninja builds; everything, if nothing is named.
    pub(super) targets: &'a Words,
    /// The command that installs below `DESTDIR`.
    pub(super) install: Words,
    pub(super) cleanup: &'a Script,
}

impl Steps<'_> {
    pub(super) fn script(self) -> Script {
        let ninja = Words::from(["ninja", "-C", DIRECTORY]).with(self.targets);
        let install = Script::export("DESTDIR", "/out").command(self.install);
        self.prepare
            .clone()
            .with_block("if", Script::new().command(self.configure))
            .with_block("if", Script::new().command(ninja))
            .with_block("if", install)
            .then(self.cleanup.clone())
            .then(tidy())
    }
}
