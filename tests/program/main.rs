//! The program as a user meets it: run with a home of its own, no environment and nothing in `PATH`,
//! and judged by its exit status and by what it says.
//!
//! What is run is the example `workshop` (`tests/program/workshop`). Needs namespaces and, for a
//! shell of one file, Debian's pool; where these are not to be had a test says so and is skipped, but
//! not in CI. `.ci/end-to-end` runs all as an unprivileged user.

#![allow(
    clippy::print_stderr,
    reason = "this is how a test says why it is skipped"
)]

mod disks;
mod interrupted;
mod mistakes;
mod terminal;
mod world;
