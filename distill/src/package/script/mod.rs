//! Scripts in execline, as data.
//!
//! A [`Script`] is what a recipe writes, with [`execline!`](crate::execline) or by hand: commands
//! made of [`Words`], and [`Words`] may hold functions of the [`Config`](super::Config). Once the
//! config is known, [`Script::expand`] makes a [`Program`] of it, which holds bytes only, prints as
//! text that `execlineb` reads back as the same program, and can be parsed from such text.
//!
//! ```
//! use distill::package::{Config, Script, Words};
//! use distill::execline;
//!
//! fn jobs(_: &Config) -> Words { Words::from(["-j", "2"]) }
//!
//! let written = execline! {
//!     cd src
//!     make #{jobs} --prefix=/usr
//! };
//! // The same without the macro:
//! let built = Script::new().command(["cd", "src"]).command(("make", jobs, "--prefix=/usr"));
//! assert_eq!(format!("{written:?}"), format!("{built:?}"));
//! ```
//!
//! # Variables
//! To execlineb itself `$x` and `${x}` are plain text; it is commands such as `importas x X` or
//! `define x value` that replace them in the rest of their command line. So a [`Word`] keeps what
//! is meant as a variable apart from its text, a variable is always printed as `${x}` (execline
//! does not see one in `$x.y`), and backslashes before it are doubled as the substitution demands.
//! Text is printed exactly, dollars included.
//!
//! # What is no execline
//! Operators of shells are words like others to execline, and most programs run nothing after themselves. Both would be
//! built, and do something else than was meant: so they are mistakes, in [`execline!`](crate::execline) where they
//! stand, and in scripts that functions make when they are expanded. [`Word::verbatim`] is for a word that is meant.

mod convert;
mod error;
mod expand;
mod parse;
mod print;
mod program;
mod shebang;
mod shell;
mod variables;
mod word;
mod words;

pub use error::ExpandError;
pub use parse::ParseError;
pub use program::{Arg, Program};
pub use shebang::{Positional, Shebang};
pub use variables::Variables;
pub use word::Word;
pub use words::{Script, Words};

#[cfg(test)]
mod tests;
