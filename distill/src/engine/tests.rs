//! What holds of every build: plans that run in sandboxes, on stores of their own. The programs in them
//! are the host's `sh` and a few others.
//!
//! Where a test cannot run it prints `skipped: why`, and fails if the environment has `CI=true`.

mod attacks;
mod golden;
mod lab;
mod stores;
mod unseen;
