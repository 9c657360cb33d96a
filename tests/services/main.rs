//! Services in running machines: what each does, not what its files look like.
//!
//! Needs namespaces, Debian's pool, a few gigabytes and some minutes, so it runs only when asked for:
//! `cargo test --test services -- --ignored --test-threads=1`. `.ci/end-to-end` runs it as an
//! unprivileged user.

mod ballot;
mod base;
mod boot_time;
mod daemons;
mod effects;
mod full_disk;
mod guestbook;
mod guide;
mod lab;
mod net;
mod power;
mod rights;
mod s6_rc;
mod sshd;
mod systems;
mod time;
mod web;
