//! Whether an object is what its hash says. Nothing is changed by looking.

use super::Store;
use super::intake::{NEVER, verify_blob, verify_tree};
use crate::plan::Object;

impl Store {
    /// Whether an object's bytes are what its hash says, and a tree's nodes are, too.
    pub fn is_sound(&self, object: &Object) -> bool {
        let path = self.path(object);
        match object {
            Object::Blob(digest) => verify_blob(&path, *digest, &NEVER).is_ok(),
            Object::Tree(hash) => {
                let is_whole = verify_tree(&path, &NEVER).is_ok_and(|tree| tree.hash() == *hash);
                is_whole && self.manifest(hash).is_ok()
            }
        }
    }
}
