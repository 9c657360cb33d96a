//! Options of programs that are configured by kconfig: Linux, busybox, U-Boot.
//!
//! What is wanted comes in [`Fragment`]s, written with [`kconfig!`](crate::kconfig) or in kconfig's
//! own format. [`Options`] puts them together and refuses contradictions. Kconfig drops what it
//! cannot set (an option that does not exist, or whose dependencies are not met) without a word, so
//! a recipe runs [`Options::check`] after `make …config`: it fails with a list of the options that
//! did not take, each with the fragment that asked.
//!
//! ```
//! use distill::package::kconfig::{Fragment, Options};
//! use distill::{execline, kconfig};
//!
//! let options = Options::merge([
//!     kconfig! { "serial console": TTY=y SERIAL_8250=y SERIAL_8250_CONSOLE=y },
//!     Fragment::parse("board", "CONFIG_NR_CPUS=4\n# CONFIG_SMP is not set\n")?,
//! ])?;
//! let script = execline! {
//!     if { make KCONFIG_ALLCONFIG=#{options.path()} allnoconfig }
//!     #{options.check(".config")}
//!     make
//! };
//! let files = options.files(); // for the recipe's `files`
//! # let _ = (script, files);
//! # Ok::<(), distill::package::kconfig::KconfigError>(())
//! ```
//!
//! A recipe that others may give options takes them as [`Options::merge`] returns them, and makes a
//! plan of a mistake with [`KconfigError::plan`].

mod check;
mod error;
mod fragment;
mod options;
mod value;

pub use error::{Clash, KconfigError};
pub use fragment::Fragment;
pub use options::{Asked, Options};
pub use value::{OptionError, Symbol, Value};

#[cfg(test)]
mod tests;
