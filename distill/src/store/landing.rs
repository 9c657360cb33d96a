//! How contents come into the store.

use camino::{Utf8Path, Utf8PathBuf};
use nix::sys::stat::{UtimensatFlags, utimensat};
use nix::sys::time::TimeSpec;

use super::intake::{HashedFile, HashedTree};
use super::io::{At as _, IoError, remove_if_there};
use super::{Store, StoreError, TempDir};
use crate::plan::Object;

impl Store {
    /// A temporary directory on the store's file system.
    pub fn temp_dir(&self) -> Result<TempDir, IoError> {
        TempDir::create(self.run.fresh())
    }

    /// Where the temporary files and directories of this process lie.
    pub fn temp_root(&self) -> &Utf8Path {
        self.run.directory()
    }

    /// A path for a temporary file on the store's file system; it is removed with the process.
    pub fn temp_path(&self) -> Utf8PathBuf {
        self.run.fresh()
    }

    /// Moves a directory into the store, under the hash of what was found in it.
    pub fn land_tree(&self, tree: &HashedTree) -> Result<Object, StoreError> {
        let (directory, nodes) = (tree.path(), tree.manifest().directories());
        let hash = nodes.last().expect("a tree has a top").0;
        let (object, place) = (Object::Tree(hash), self.tree_path(&hash));
        // What is there is whole since this process opened the store (`recovery.rs`).
        if place.exists() {
            return Ok(object);
        }
        self.land_nodes(&nodes)?;
        settle_root(directory)?;
        self.journal.add(&object)?;
        match std::fs::rename(directory, &place) {
            Err(e) if !place.exists() => Err(e).at("rename to", &place)?,
            // Another process was first with the same contents.
            _ => Ok(object),
        }
    }

    /// Moves a file into the store, under the digest of its bytes.
    pub fn land_blob(&self, file: &HashedFile) -> Result<Object, StoreError> {
        let (object, from) = (Object::Blob(file.digest()), file.path());
        let place = self.path(&object);
        // What is there is whole since this process opened the store, and may outlive a power cut,
        // which what would take its place does not yet.
        if place.exists() {
            remove_if_there(from)?;
            return Ok(object);
        }
        file.settle()?;
        self.journal.add(&object)?;
        if !file.is_at(from) {
            let other = std::io::Error::other("another file lies there now");
            return Err(other).at("move", from)?;
        }
        std::fs::rename(from, &place).at("rename to", &place)?;
        Ok(object)
    }

    /// Removes an object's bytes; its record stays, and so do a tree's nodes, which others may share.
    pub fn drop_object(&self, object: &Object) -> Result<(), StoreError> {
        let path = self.path(object);
        match object {
            Object::Blob(_) => std::fs::remove_file(&path).at("remove", &path)?,
            Object::Tree(_) => {
                // Out of sight first: a tree is whole or not there.
                let temp = self.run.fresh();
                std::fs::rename(&path, &temp).at("rename", &path)?;
                super::intake::remove_tree(&temp)?;
            }
        }
        Ok(())
    }
}

/// Makes a directory as the root of a tree is: 0755 and of the epoch, whatever the umask was.
pub fn settle_root(directory: &Utf8Path) -> Result<(), IoError> {
    use std::os::unix::fs::PermissionsExt as _;
    let permissions = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(directory, permissions).at("change the mode of", directory)?;
    let (epoch, flags) = (TimeSpec::new(0, 0), UtimensatFlags::NoFollowSymlink);
    utimensat(
        nix::fcntl::AT_FDCWD,
        directory.as_std_path(),
        &epoch,
        &epoch,
        flags,
    )
    .at("set the time of", directory)
}
