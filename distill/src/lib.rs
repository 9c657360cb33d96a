//! Distill turns a Rust program into a bootable, immutable Linux disk image.
//!
//! The library is a stack; each layer knows only those below it (`docs/architecture.md`).

// The macros' output names this crate as a user of it does, also inside it.
extern crate self as distill;

pub mod build;
pub mod cli;
pub mod disk;
pub mod fetch;
pub mod package;
pub mod plan;
pub mod store;
pub mod system;

/// A [`Script`](package::Script), written as execline is written.
///
/// ```
/// use distill::execline;
/// use distill::package::{Config, Script};
///
/// fn cc(_: &Config) -> [&'static str; 2] { ["gcc", "-pipe"] }
///
/// fn build(args: &[&'static str]) -> Script {
///     execline! {
///         importas -i n JOBS
///         if { ./configure --prefix=/usr CC=#{cc} } // one word: `CC=gcc -pipe`
///         if { make -j$n "CFLAGS=-Os -g0" }
///         make install #{args}
///     }
/// }
/// # build(&[]);
/// ```
///
/// - **Words** are what stands together without white space: `--prefix=/usr` is one.
/// - **`{ … }`** is a block, between white space.
/// - **`"…"`** is text, with the escapes of a Rust string; it joins with what it touches. It may
///   hold anything; `b"…"` holds bytes that need not be UTF-8.
/// - **`$name`, `${name}`, `$1`, `$@`** are replaced when the script runs, by a command such as
///   `importas` or by the interpreter (see [`script`](package::script)). In quotes, they are text.
/// - **`#{ expression }`** splices in Rust: whatever [`Words`](package::Words) can be made of, so
///   text, lists, scripts, functions of the config. What it touches joins with it to one word.
/// - **Comments** are Rust's: `// …`.
/// - **Lines** are kept for the printed text: what begins on a new line, indented no deeper than
///   the first one, begins a command there.
///
/// What cannot be a Rust token must be quoted: backslashes, single quotes, backticks, and numbers
/// that run into letters in ways that Rust objects to (`"0b2"`). Mind three things that are tokens,
/// but others: `//` begins a comment (`"https://…"`), `/*` too (`"src/*.c"`), and a letter right
/// before a quote makes a prefix (`"-Ia b"`, not `-I"a b"`).
///
/// It stands for calls of [`Script::command`](package::Script::command),
/// [`Words::with`](package::Words::with), [`Words::block`](package::Words::block),
/// [`Words::joined`](package::Words::joined) and [`Word::var`](package::Word::var).
pub use distill_macros::execline;
