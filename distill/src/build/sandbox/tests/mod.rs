//! What holds of every sandbox. The programs in it are the host's `sh` and a few others.
//!
//! These tests need namespaces. Where they cannot run they print `skipped: why`, and fail if the
//! environment has `CI=true`.

mod fixture;
mod inside;
