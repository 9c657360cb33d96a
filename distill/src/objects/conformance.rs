//! What every implementation of [`Contents`](super::Contents) and [`Records`](super::Records) has to do,
//! as tests.
//!
//! ```
//! use distill::objects::{Memory, conformance};
//!
//! // In a test of the crate that implements them:
//! conformance::contents(Memory::default);
//! conformance::records(Memory::default);
//! ```
//!
//! Each suite makes an empty backend for each of its checks, and panics with what is wrong. They are for
//! backends that can be written to; [`Troubled`] makes one that is slow, fails and loses things, for tests
//! of those who ask.

mod contents;
mod read;
mod records;
mod troubled;

use std::io::{self, Read};

pub use read::Fetch;
pub use troubled::{Trouble, Troubled};

/// Checks contents that give bytes themselves, or name files.
pub fn contents<C: super::Contents>(make: impl Fn() -> C) {
    contents_with(make, no_server);
}

/// Checks contents that may name addresses, which `fetch` reads.
pub fn contents_with<C: super::Contents>(make: impl Fn() -> C, fetch: Fetch) {
    for check in contents::CHECKS {
        check(&make(), fetch);
    }
}

/// Checks records that give records themselves, or name files.
pub fn records<R: super::Records>(make: impl Fn() -> R) {
    records_with(make, no_server);
}

/// Checks records that may name addresses, which `fetch` reads.
pub fn records_with<R: super::Records>(make: impl Fn() -> R, fetch: Fetch) {
    for check in records::CHECKS {
        check(&make(), fetch);
    }
}

fn no_server(url: &str) -> io::Result<Box<dyn Read + Send>> {
    Err(io::Error::other(format!("nobody fetches `{url}`")))
}
