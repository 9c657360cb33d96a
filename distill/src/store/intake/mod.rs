//! How trees come to lie on disk, hashed on the way: unpacked archives, outputs of builds, trees put
//! together from others, and literals.
//!
//! Every function fills or reads one directory that nobody else changes meanwhile, and answers with
//! the manifest. What it leaves is as the manifest says: modes set whatever the umask, times of
//! change at the epoch. Nothing is synced: the store does that once for many trees.
//!
//! On an error, what is there by then remains, for the caller to remove ([`remove_tree`]).

mod batch;
mod error;
mod hash;
mod link;
mod literal;
mod remove;
mod restore;
mod root;
mod scan;
mod unpack;

pub use error::{IntakeError, Special};
pub use link::link_tree;
pub use literal::{literal_tree, write_literal};
pub use remove::remove_tree;
pub use restore::restore_into;
pub use scan::scan;
pub use unpack::unpack_into;

#[cfg(test)]
mod tests;

/// Threads that hash and write.
fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, |count| count.get().min(8))
}
