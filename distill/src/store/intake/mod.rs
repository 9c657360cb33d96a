//! How trees come to lie on disk, hashed on the way: unpacked archives, outputs of builds, trees put
//! together from others, and literals.
//!
//! Every function fills or reads one directory that nobody else changes meanwhile, and answers with a
//! [`HashedTree`]: the directory and the manifest that was computed from its bytes. What it leaves is as
//! the manifest says: modes set whatever the umask, times of change at the epoch. Every file has one name
//! and shares its inode with no other. Nothing is synced: the store does that once for many trees.
//!
//! What a build has left is reached through descriptors, a component at a time: no link that lies there is
//! ever followed.
//!
//! On an error, what is there by then remains, for the caller to remove ([`remove_tree`]).

mod attribute;
mod batch;
mod contents;
mod copy;
mod descend;
mod error;
mod hash;
mod hashed;
mod literal;
mod parallel;
mod place;
mod remove;
mod restore;
mod root;
mod scan;
mod stored;
mod unpack;

use std::sync::atomic::AtomicBool;

pub use copy::{Origin, copy_tree};
pub use error::{IntakeError, Special};
pub use hashed::{HashedFile, HashedTree, open_output};
pub use literal::{literal_bytes, literal_tree, write_literal};
pub use place::{Verifying, place_file, verify_blob};
pub use remove::remove_tree;
pub use restore::restore_into;
pub use scan::{scan, verify_tree};
pub use stored::StoredTree;
pub use unpack::unpack_into;

/// The wish to stop of somebody who has none.
pub static NEVER: AtomicBool = AtomicBool::new(false);

#[cfg(test)]
mod tests;

/// Threads that hash and write.
fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, |count| count.get().min(8))
}
