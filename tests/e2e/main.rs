//! From a program to a machine that is logged in to: builds images, looks into them, and boots them.
//!
//! Needs namespaces, Debian's pool, a few gigabytes and some minutes, so it runs only when asked for:
//! `cargo test --test e2e -- --ignored --test-threads=1`. `.ci/end-to-end` runs it as an unprivileged
//! user. The programs get a home and nothing else of the environment, and an empty `PATH`; SSH and the
//! check of file systems are our own packages. Only the tests that say so use the host's tools.

mod boot;
mod contents;
mod disk;
mod elf;
mod machine;
mod options;
mod power;
mod program;
mod var;

/// Tells what was measured.
#[allow(clippy::print_stderr, reason = "a figure is there to be seen")]
fn say(what: &str) {
    eprintln!("{what}");
}
