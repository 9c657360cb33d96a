//! Packages: configs, templates, scripts, subpackages.
//!
//! A package is a function of a [`Config`]. Mostly it fills in a template: [`Recipe`] (anything), [`Cc`]
//! (compiled with the config's toolchain), [`Cmmi`] (configured, made and installed), [`Cmake`] and [`Meson`]
//! (what these configure), [`Cargo`] (programs in Rust), [`Go`], [`Python`], [`Prebuilt`]. The macros
//! `package!`, `cc_package!`, `cmmi_package!`, `cmake_package!`, `meson_package!`, `cargo_package!`, `go_package!`,
//! `python_package!` and `prebuilt!` are thin skins over these.

mod build_system;
mod cargo;
mod cc;
mod cmake;
mod cmake_toolchain;
mod cmmi;
mod convert;
mod definition;
mod directory;
pub mod env;
mod expand;
pub mod field;
mod go;
pub mod kconfig;
mod lint;
mod meson;
mod meson_machine;
mod ninja;
mod prebuilt;
mod python;
mod recipe;
pub mod script;
pub mod source;
mod subpackage;

pub use cargo::{Cargo, Crate, crates_of, vendored};
pub use cc::Cc;
pub use cmake::{Cmake, cmake_words};
pub use cmmi::{Cmmi, configure_words, strip_all, tidy};
pub use convert::Packages;
pub use definition::{
    BuildSystems, Config, GoToolchain, Item, Items, Package, Placed, PythonToolchain,
    RustToolchain, Target, Toolchain,
};
pub use go::{GO_PINS, Go, ModuleFile, ModuleFileKind};
pub use lint::{Lint, lint};
pub use meson::{Meson, meson_words};
pub use prebuilt::Prebuilt;
pub use python::Python;
pub use recipe::Recipe;
pub use script::{Script, Shebang, Variables, Word, Words};
pub use source::{Patch, Pin};
pub use subpackage::{BINARIES, LIBS, merged, subpackage, without};

pub use crate::execline;
pub use crate::plan::Arch;

#[cfg(test)]
mod testing;

#[cfg(test)]
mod tests;
