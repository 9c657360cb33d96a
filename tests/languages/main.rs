//! Languages and build systems: what recipes make is run where it is made, and what is missing is told.
//!
//! Needs namespaces, Debian's pool, some gigabytes and some minutes, so it runs only when asked for:
//! `cargo test --test languages -- --ignored --test-threads=1`. `.ci/end-to-end` runs it as an unprivileged
//! user.

mod almanac;
mod build;
mod cxx;
mod go;
mod linked;
mod mistakes;
mod prebuilt;
mod python;
mod rust;
