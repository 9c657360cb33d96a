//! Where objects lie in a store.

use camino::{Utf8Path, Utf8PathBuf};

use crate::plan::Object;

/// Where an object lies in the store in `root`, for who has not opened it.
pub fn object_path(root: &Utf8Path, object: &Object) -> Utf8PathBuf {
    match object {
        Object::Blob(digest) => root
            .join("blobs")
            .join(digest.to_string().replace(':', "-")),
        Object::Tree(hash) => root.join("trees").join(hash.to_string()),
    }
}
