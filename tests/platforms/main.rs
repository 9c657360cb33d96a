//! Every platform, booted in QEMU as its hardware or cloud would, and every form of an image.
//!
//! Needs namespaces, Debian's pool and some minutes, so it runs only when asked for:
//! `cargo test --test platforms -- --ignored --test-threads=1`. Containers want root and an OCI runtime, and
//! say so where these are not there.

mod boot;
mod cloud;
mod container;
mod image;
mod run;

/// Tells what was not tested, and why.
#[allow(clippy::print_stderr, reason = "a figure is there to be seen")]
fn say(what: &str) {
    eprintln!("{what}");
}
