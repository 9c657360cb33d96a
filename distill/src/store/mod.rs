//! The store: blobs, trees, plan records, logs, locks.

pub mod intake;
