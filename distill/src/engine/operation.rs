//! The pure operations: what needs no program.

use std::fs::File;
use std::sync::atomic::AtomicBool;

use super::error::ExecuteError;
use super::executor::Job;
use super::root;
use crate::disk::{FileInput, Layout, write_disk};
use crate::plan::archive::Options;
use crate::plan::tree::{self, Entry, Workbench, entry_at};
use crate::plan::{
    AbsPath, Digest, DigestHasher, Extract, Fill, Hash, Hasher, Merge, Object, Pick, Place,
    RelPath, Tree, Unpack,
};
use crate::store::Store;
use crate::store::intake::{
    HashedFile, IntakeError, Origin, StoredTree, Verifying, copy_tree, place_file, unpack_into,
    verify_blob,
};
use crate::store::io::At as _;

/// Runs operations on a store.
pub(super) struct Operations<'a> {
    pub(super) store: &'a Store,
    pub(super) job: &'a Job<'a>,
    /// How many threads one operation may use.
    pub(super) threads: usize,
}

impl Operations<'_> {
    fn label(&self, object: &Object) -> String {
        self.job
            .labels
            .get(object)
            .cloned()
            .unwrap_or_else(|| object.to_string())
    }

    fn tree_of(&self, object: &Object) -> Result<Hash, ExecuteError> {
        match object {
            Object::Tree(hash) => Ok(*hash),
            Object::Blob(_) => {
                let (is, wanted) = ("a file", "a directory tree");
                Err(ExecuteError::Kind {
                    input: self.label(object),
                    is,
                    wanted,
                })
            }
        }
    }

    fn blob_of(&self, object: &Object) -> Result<Digest, ExecuteError> {
        match object {
            Object::Blob(digest) => Ok(*digest),
            Object::Tree(_) => {
                let (is, wanted) = ("a directory tree", "a file");
                Err(ExecuteError::Kind {
                    input: self.label(object),
                    is,
                    wanted,
                })
            }
        }
    }

    fn stop(&self) -> &AtomicBool {
        self.job.cancel.flag()
    }

    pub(super) fn unpack(&self, unpack: &Unpack<Object>) -> Result<Object, ExecuteError> {
        let digest = self.blob_of(&unpack.archive)?;
        let mut archive = Verifying::open(&self.store.blob_path(&digest), digest)?;
        let options = Options {
            threads: self.threads,
            ..Options::from(unpack)
        };
        let temp = self.store.temp_dir()?;
        let tree = unpack_into(
            temp.path(),
            &mut archive,
            &options,
            unpack.strip,
            self.stop(),
        );
        // If the archive is damaged, that is why it could not be unpacked.
        archive.finish(self.stop())?;
        Ok(self.store.land_tree(&tree?)?)
    }

    pub(super) fn place(&self, place: &Place<Object>) -> Result<Object, ExecuteError> {
        let digest = self.blob_of(&place.blob)?;
        let (from, temp) = (self.store.blob_path(&digest), self.store.temp_dir()?);
        let (to, from) = ((&place.path, place.mode), (from.as_path(), digest));
        let tree = place_file(temp.path(), to, from, self.stop())?;
        Ok(self.store.land_tree(&tree)?)
    }

    pub(super) fn extract(&self, extract: &Extract<Object>) -> Result<Object, ExecuteError> {
        let hash = self.tree_of(&extract.tree)?;
        let entry = entry_at(self.store, &hash, extract.path.as_str())?;
        let Some(Entry::File { hash: contents, .. }) = entry else {
            let patterns = vec![extract.path.to_string()];
            return Err(ExecuteError::Unmatched {
                input: self.label(&extract.tree),
                patterns,
            });
        };
        let place = self.store.tree_path(&hash);
        let (file, from) = (
            StoredTree::open(&place)?.file(&extract.path)?,
            extract.path.under(&place),
        );
        let (temp, hasher) = (self.store.temp_path(), blake2b());
        let copy = HashedFile::copy((&file, &from), temp, hasher, self.stop())?;
        if copy.digest() != Digest::Blake2b(contents) {
            return Err(IntakeError::Damaged { path: from }.into());
        }
        Ok(self.store.land_blob(&copy)?)
    }

    pub(super) fn pick(&self, pick: &Pick<Object>) -> Result<Object, ExecuteError> {
        let hash = self.tree_of(&pick.tree)?;
        let nodes = Workbench::over(self.store);
        let picked = tree::pick(&nodes, hash, &pick.include, &pick.exclude)?;
        if !picked.unmatched.is_empty() {
            return Err(ExecuteError::Unmatched {
                input: self.label(&pick.tree),
                patterns: picked.unmatched,
            });
        }
        let from = |path: &RelPath| Origin {
            tree: self.store.tree_path(&hash),
            path: path.clone(),
        };
        self.copy(&tree::whole(&nodes, &picked.tree)?, from)
    }

    pub(super) fn fill(&self, fill: &Fill<Object>) -> Result<Object, ExecuteError> {
        let (first, second) = (self.tree_of(&fill.tree)?, self.tree_of(&fill.from)?);
        let nodes = Workbench::over(self.store);
        let filled = tree::fill(&nodes, first, second)?;
        let ours = self.store.manifest(&first)?;
        let origin = |path: &RelPath| {
            let is_ours = ours.get(path.as_str()).is_some();
            let owner = if is_ours { first } else { second };
            Origin {
                tree: self.store.tree_path(&owner),
                path: path.clone(),
            }
        };
        self.copy(&tree::whole(&nodes, &filled)?, origin)
    }

    pub(super) fn merge(&self, merge: &Merge<Object>) -> Result<Object, ExecuteError> {
        let parts = root::parts(self.store, &merge.inputs, self.job.labels)?;
        let nodes = Workbench::over(self.store);
        let merged = root::union(&nodes, &parts)?;
        let origins = root::origins(&nodes, &parts, &AbsPath::root())?;
        self.copy(&tree::whole(&nodes, &merged)?, |path| origins[path].clone())
    }

    /// Makes a tree of files that other trees have.
    fn copy(
        &self,
        manifest: &Tree,
        from: impl Fn(&RelPath) -> Origin,
    ) -> Result<Object, ExecuteError> {
        let temp = self.store.temp_dir()?;
        let tree = copy_tree(manifest, from, temp.path(), self.stop())?;
        Ok(self.store.land_tree(&tree)?)
    }

    pub(super) fn disk(&self, layout: &Layout<Object>) -> Result<Object, ExecuteError> {
        let layout = layout.try_map(|object| {
            let digest = self.blob_of(object)?;
            let path = self.store.blob_path(&digest);
            // The image is hashed when it is written; whether its parts are what they should be is seen now.
            verify_blob(&path, digest, self.stop())?;
            Ok::<_, ExecuteError>(FileInput::new(&path).at("read", &path)?)
        })?;
        let temp = self.store.temp_path();
        let file = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&temp);
        write_disk(&layout, &mut file.at("create", &temp)?)?;
        let image = HashedFile::hash(temp, blake2b(), self.stop())?;
        Ok(self.store.land_blob(&image)?)
    }
}

fn blake2b() -> DigestHasher {
    DigestHasher::Blake2b(Hasher::new())
}

#[cfg(test)]
mod tests;
