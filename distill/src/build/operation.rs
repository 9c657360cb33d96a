//! The pure operations: what needs no program.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Write as _};

use super::error::ExecuteError;
use super::executor::Job;
use super::root;
use crate::disk::{Layout, write_disk};
use crate::plan::{Digest, Hash, Hasher, Merge, Node, Object, Pick, Place, Tree, Unpack};
use crate::store::Store;
use crate::store::intake::{link_tree, unpack_into};
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
        self.job.labels.get(object).cloned().unwrap_or_else(|| object.to_string())
    }

    fn tree_of(&self, object: &Object) -> Result<Hash, ExecuteError> {
        match object {
            Object::Tree(hash) => Ok(*hash),
            Object::Blob(_) => {
                let (is, wanted) = ("a file", "a directory tree");
                Err(ExecuteError::Kind { input: self.label(object), is, wanted })
            }
        }
    }

    fn blob_of(&self, object: &Object) -> Result<Digest, ExecuteError> {
        match object {
            Object::Blob(digest) => Ok(*digest),
            Object::Tree(_) => {
                let (is, wanted) = ("a directory tree", "a file");
                Err(ExecuteError::Kind { input: self.label(object), is, wanted })
            }
        }
    }

    pub(super) fn unpack(&self, unpack: &Unpack<Object>) -> Result<Object, ExecuteError> {
        let archive = self.store.blob_path(&self.blob_of(&unpack.archive)?);
        let file = File::open(&archive).at("open", &archive)?;
        let temp = self.store.temp_dir()?;
        let tree = unpack_into(temp.path(), file, unpack, self.threads)?;
        Ok(self.store.land_tree(temp.path(), &tree)?)
    }

    pub(super) fn place(&self, place: &Place<Object>) -> Result<Object, ExecuteError> {
        use std::os::unix::fs::PermissionsExt as _;
        let from = self.store.blob_path(&self.blob_of(&place.blob)?);
        let temp = self.store.temp_dir()?;
        let to = place.path.under(temp.path());
        let parent = to.parent().expect("below the temporary directory");
        std::fs::create_dir_all(parent).at("create", parent)?;
        let (hash, size) = copy_and_hash(&from, &to)?;
        let permissions = std::fs::Permissions::from_mode(place.mode.bits());
        std::fs::set_permissions(&to, permissions).at("change the mode of", &to)?;
        let mut tree = Tree::new();
        let node = Node::File { mode: place.mode, size, hash };
        tree.insert(place.path.clone(), node).expect("the tree is empty");
        crate::store::intake::settle_times(temp.path(), &tree)?;
        Ok(self.store.land_tree(temp.path(), &tree)?)
    }

    pub(super) fn pick(&self, pick: &Pick<Object>) -> Result<Object, ExecuteError> {
        let hash = self.tree_of(&pick.tree)?;
        let whole = self.store.manifest(&hash)?;
        let unmatched = pick.include.unmatched(whole.paths());
        if !unmatched.is_empty() {
            let patterns = unmatched.into_iter().map(str::to_owned).collect();
            return Err(ExecuteError::Unmatched { input: self.label(&pick.tree), patterns });
        }
        let picked = whole.pick(&pick.include, &pick.exclude);
        let (temp, from) = (self.store.temp_dir()?, self.store.tree_path(&hash));
        link_tree(&picked, |path| path.under(&from), temp.path())?;
        Ok(self.store.land_tree(temp.path(), &picked)?)
    }

    pub(super) fn merge(&self, merge: &Merge<Object>) -> Result<Object, ExecuteError> {
        let parts = root::parts(self.store, &merge.inputs, self.job.labels)?;
        let merged = root::union(&parts).map_err(root::RootError::from)?;
        let mut origins = BTreeMap::new();
        for part in &parts {
            let base = part.at.relative();
            for (path, node) in part.tree.iter().filter(|(_, n)| !matches!(n, Node::Dir { .. })) {
                let _ = node;
                let placed = base.as_ref().map_or_else(|| path.clone(), |base| base.join(path));
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
            Ok::<_, ExecuteError>(crate::disk::Input::file(&path)?)
        })?;
        let temp = self.store.temp_path();
        let mut file = File::options().read(true).write(true).create_new(true).open(&temp);
        let file = file.as_mut().map_err(|e| std::io::Error::from(e.kind())).at("create", &temp)?;
        write_disk(&layout, file)?;
        let digest = Digest::Blake2b(hash_file(&temp)?);
        Ok(self.store.land_blob(&temp, digest)?)
    }
}

/// The hash of a file's bytes.
pub(super) fn hash_file(path: &camino::Utf8Path) -> Result<Hash, ExecuteError> {
    let mut hasher = Hasher::new();
    let mut file = File::open(path).at("open", path)?;
    std::io::copy(&mut file, &mut hasher).at("read", path)?;
    Ok(hasher.finish())
}

fn copy_and_hash(
    from: &camino::Utf8Path,
    to: &camino::Utf8Path,
) -> Result<(Hash, u64), ExecuteError> {
    let mut source = File::open(from).at("open", from)?;
    let mut target = File::create(to).at("create", to)?;
    let (mut hasher, mut size, mut buffer) = (Hasher::new(), 0, vec![0; 1 << 17]);
    loop {
        let count = source.read(&mut buffer).at("read", from)?;
        if count == 0 {
            return Ok((hasher.finish(), size));
        }
        hasher.update(&buffer[..count]);
        target.write_all(&buffer[..count]).at("write", to)?;
        size += count as u64;
    }
}
