//! Packages: configs, templates, scripts, subpackages.

mod config;
mod expand;
pub mod script;

pub use config::{Arch, Config, Target, Toolchain};
pub use expand::{Item, Items, Package, Placed};
pub use script::{Script, Variables, Word, Words};

#[cfg(test)]
mod testing {
    use super::{Arch, Config, Target, Toolchain};

    /// A config without tools.
    pub(super) fn config() -> Config {
        Config::new(Target {
            arch: Arch::X86_64,
            triple: "x86_64-linux-musl".to_owned(),
            toolchain: Toolchain::default(),
            base: Vec::new(),
            build: None,
            bootstrap: None,
        })
    }
}
