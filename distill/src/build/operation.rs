//! The pure operations: what needs no program.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::PermissionsExt as _;

use camino::Utf8Path;

use super::error::ExecuteError;
use super::executor::Job;
use super::root;
use crate::disk::{FileInput, Layout, write_disk};
use crate::plan::archive::Options;
use crate::plan::{
    Digest, Extract, Fill, Hash, Hasher, Merge, Mode, Node, Object, PathSet, Pick, Place, RelPath,
    Unpack,
};
use crate::store::Store;
use crate::store::intake::{link_tree, scan, unpack_into};
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

    pub(super) fn unpack(&self, unpack: &Unpack<Object>) -> Result<Object, ExecuteError> {
        let archive = self.store.blob_path(&self.blob_of(&unpack.archive)?);
        let file = File::open(&archive).at("open", &archive)?;
        let options = Options {
            threads: self.threads,
            ..Options::from(unpack)
        };
        let temp = self.store.temp_dir()?;
        let tree = unpack_into(temp.path(), file, &options, unpack.strip)?;
        Ok(self.store.land_tree(temp.path(), &tree)?)
    }

    pub(super) fn place(&self, place: &Place<Object>) -> Result<Object, ExecuteError> {
        let from = self.store.blob_path(&self.blob_of(&place.blob)?);
        let temp = self.store.temp_dir()?;
        let to = place.path.under(temp.path());
        let parent = to.parent().expect("below the temporary directory");
        std::fs::create_dir_all(parent).at("create", parent)?;
        std::fs::copy(&from, &to).at("copy to", &to)?;
        for above in place.path.ancestors() {
            set_mode(&temp.path().join(above), Mode::DIR)?;
        }
        set_mode(&to, place.mode)?;
        let tree = scan(
            temp.path(),
            &PathSet::new([place.path.as_str()]).unwrap_or_default(),
        )?;
        Ok(self.store.land_tree(temp.path(), &tree)?)
    }

    pub(super) fn extract(&self, extract: &Extract<Object>) -> Result<Object, ExecuteError> {
        let hash = self.tree_of(&extract.tree)?;
        let tree = self.store.manifest(&hash)?;
        let Some(Node::File { hash: contents, .. }) = tree.get(extract.path.as_str()) else {
            let patterns = vec![extract.path.to_string()];
            return Err(ExecuteError::Unmatched {
                input: self.label(&extract.tree),
                patterns,
            });
        };
        let (from, temp) = (
            extract.path.under(&self.store.tree_path(&hash)),
            self.store.temp_path(),
        );
        std::fs::copy(&from, &temp).at("copy", &from)?;
        Ok(self.store.land_blob(&temp, Digest::Blake2b(*contents))?)
    }

    pub(super) fn pick(&self, pick: &Pick<Object>) -> Result<Object, ExecuteError> {
        let hash = self.tree_of(&pick.tree)?;
        let whole = self.store.manifest(&hash)?;
        let unmatched = pick.include.unmatched(whole.paths());
        if !unmatched.is_empty() {
            let patterns = unmatched.into_iter().map(str::to_owned).collect();
            return Err(ExecuteError::Unmatched {
                input: self.label(&pick.tree),
                patterns,
            });
        }
        let picked = whole.pick(&pick.include, &pick.exclude);
        let (temp, from) = (self.store.temp_dir()?, self.store.tree_path(&hash));
        link_tree(&picked, |path| path.under(&from), temp.path())?;
        Ok(self.store.land_tree(temp.path(), &picked)?)
    }

    pub(super) fn fill(&self, fill: &Fill<Object>) -> Result<Object, ExecuteError> {
        let (first, second) = (self.tree_of(&fill.tree)?, self.tree_of(&fill.from)?);
        let tree = self.store.manifest(&first)?;
        let filled = tree.filled(&self.store.manifest(&second)?);
        let origin = |path: &RelPath| {
            let owner = if tree.get(path.as_str()).is_some() {
                first
            } else {
                second
            };
            path.under(&self.store.tree_path(&owner))
        };
        let temp = self.store.temp_dir()?;
        link_tree(&filled, origin, temp.path())?;
        Ok(self.store.land_tree(temp.path(), &filled)?)
    }

    pub(super) fn merge(&self, merge: &Merge<Object>) -> Result<Object, ExecuteError> {
        let parts = root::parts(self.store, &merge.inputs, self.job.labels)?;
        let merged = root::union(&parts).map_err(root::RootError::from)?;
        let mut origins = BTreeMap::new();
        for part in &parts {
            let base = part.at.relative();
            let files = part
                .tree
                .iter()
                .filter(|(_, node)| !matches!(node, Node::Dir { .. }));
            for (path, _) in files {
                let placed = base
                    .as_ref()
                    .map_or_else(|| path.clone(), |base| base.join(path));
                origins.insert(placed, path.under(&part.path));
            }
        }
        let temp = self.store.temp_dir()?;
        link_tree(&merged, |path| origins[path].clone(), temp.path())?;
        Ok(self.store.land_tree(temp.path(), &merged)?)
    }

    pub(super) fn disk(&self, layout: &Layout<Object>) -> Result<Object, ExecuteError> {
        let layout = layout.try_map(|object| {
            let path = self.store.blob_path(&self.blob_of(object)?);
            Ok::<_, ExecuteError>(FileInput::new(&path).at("read", &path)?)
        })?;
        let temp = self.store.temp_path();
        let file = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&temp);
        write_disk(&layout, &mut file.at("create", &temp)?)?;
        let digest = Digest::Blake2b(hash_file(&temp)?);
        Ok(self.store.land_blob(&temp, digest)?)
    }
}

/// The hash of a file's bytes.
pub(super) fn hash_file(path: &Utf8Path) -> Result<Hash, ExecuteError> {
    let mut hasher = Hasher::new();
    let mut file = File::open(path).at("open", path)?;
    std::io::copy(&mut file, &mut hasher).at("read", path)?;
    Ok(hasher.finish())
}

fn set_mode(path: &Utf8Path, mode: Mode) -> Result<(), ExecuteError> {
    let permissions = std::fs::Permissions::from_mode(mode.bits());
    Ok(std::fs::set_permissions(path, permissions).at("change the mode of", path)?)
}
