//! Whether an object is what its hash says. Nothing is changed by looking, except that directories
//! and files which their owner may not read are opened up for that time.

use std::collections::BTreeMap;
use std::fs::{File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use camino::{Utf8Path, Utf8PathBuf};

use super::Store;
use crate::plan::{Digest, Hasher, Node, Object, RelPath, Tree};

impl Store {
    /// Whether an object's bytes are what its hash says, and a tree's manifest is, too.
    pub fn is_sound(&self, object: &Object) -> bool {
        let path = self.path(object);
        match object {
            Object::Blob(digest) => is_blob(&path, digest).unwrap_or(false),
            Object::Tree(hash) => self.manifest(hash).is_ok_and(|tree| is_tree(&path, &tree)),
        }
    }
}

fn is_blob(path: &Utf8Path, digest: &Digest) -> io::Result<bool> {
    if !path.symlink_metadata()?.is_file() {
        return Ok(false);
    }
    let mut hasher = digest.hasher();
    io::copy(&mut File::open(path)?, &mut hasher)?;
    Ok(hasher.finish() == *digest)
}

/// Whether the directory holds what the manifest says, with modes and times, and nothing else.
fn is_tree(directory: &Utf8Path, tree: &Tree) -> bool {
    let mut opened = Opened(Vec::new());
    matches_all(directory, tree, &mut opened).unwrap_or(false)
}

fn matches_all(directory: &Utf8Path, tree: &Tree, opened: &mut Opened) -> io::Result<bool> {
    let root = directory.symlink_metadata()?;
    if !root.is_dir() || !is_timeless(&root) || root.mode() & 0o7777 != 0o755 {
        return Ok(false);
    }
    let mut names = BTreeMap::from([(directory.to_owned(), 0_usize)]);
    // Sorted, so that a directory comes before what is in it.
    for (path, node) in tree.iter() {
        let full = path.under(directory);
        if !matches(&full, node, opened)? {
            return Ok(false);
        }
        if let Node::Dir { .. } = node {
            names.insert(full, 0);
        }
        *names.entry(parent(directory, path)).or_default() += 1;
    }
    for (directory, expected) in names {
        if directory.read_dir_utf8()?.count() != expected {
            return Ok(false);
        }
    }
    Ok(true)
}

fn parent(directory: &Utf8Path, path: &RelPath) -> Utf8PathBuf {
    let full = path.under(directory);
    full.parent().unwrap_or(directory).to_owned()
}

fn matches(path: &Utf8Path, node: &Node, opened: &mut Opened) -> io::Result<bool> {
    let meta = path.symlink_metadata()?;
    let mode = meta.mode() & 0o7777;
    let matches = match node {
        Node::Dir { mode: wanted } => {
            let is = meta.is_dir() && mode == wanted.bits();
            if is {
                opened.open(path, mode, 0o500)?;
            }
            is
        }
        Node::Symlink { target } => {
            meta.is_symlink() && path.read_link_utf8()?.as_str() == target.as_str()
        }
        Node::File {
            mode: wanted,
            size,
            hash,
        } => {
            let is = meta.is_file() && mode == wanted.bits() && meta.len() == *size;
            is && {
                opened.open(path, mode, 0o400)?;
                let mut hasher = Hasher::new();
                io::copy(&mut File::open(path)?, &mut hasher)?;
                hasher.finish() == *hash
            }
        }
    };
    Ok(matches && is_timeless(&meta))
}

fn is_timeless(meta: &Metadata) -> bool {
    (meta.mtime(), meta.mtime_nsec()) == (0, 0)
}

/// What was opened up, to be closed again.
struct Opened(Vec<(Utf8PathBuf, u32)>);

impl Opened {
    fn open(&mut self, path: &Utf8Path, mode: u32, needed: u32) -> io::Result<()> {
        if mode & needed != needed {
            self.0.push((path.to_owned(), mode));
            std::fs::set_permissions(path, Permissions::from_mode(mode | needed))?;
        }
        Ok(())
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        // What is inside first.
        for (path, mode) in self.0.iter().rev() {
            let _ = std::fs::set_permissions(path, Permissions::from_mode(*mode));
        }
    }
}
