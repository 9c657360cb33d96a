//! Packages: configs, templates, scripts, subpackages.
//!
//! A package is a function of a [`Config`]. Mostly it fills in one of three templates: [`Recipe`]
//! (anything), [`Cc`] (compiled with the config's toolchain), [`Cmmi`] (configured, made and
//! installed). The macros `package!`, `cc_package!` and `cmmi_package!` are thin skins over these.

mod cc;
mod cmmi;
mod convert;
mod definition;
pub mod env;
mod expand;
pub mod field;
pub mod kconfig;
mod lint;
mod recipe;
pub mod script;
pub mod source;
mod subpackage;

pub use cc::Cc;
pub use cmmi::{Cmmi, configure_words, strip_all, tidy};
pub use convert::Packages;
pub use definition::{Config, Item, Items, Package, Placed, Target, Toolchain};
pub use lint::{Lint, lint};
pub use recipe::Recipe;
pub use script::{Script, Shebang, Variables, Word, Words};
pub use source::{Patch, Pin};
pub use subpackage::{BINARIES, LIBS, merged, subpackage, without};

pub use crate::execline;
pub use crate::plan::Arch;

#[cfg(test)]
mod testing {
    use super::{Arch, Config, Target};

    /// A config without tools.
    pub(super) fn config() -> Config {
        Config::new(Target::new(Arch::X86_64, "x86_64-linux-musl"))
    }
}
