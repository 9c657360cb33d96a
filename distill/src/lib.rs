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

pub use distill_macros::execline;
