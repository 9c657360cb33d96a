#![allow(clippy::print_stderr, reason = "a test says why it is skipped")]

mod filled;
mod removed;
mod scanned;
mod unpacked;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use camino::{Utf8Path, Utf8PathBuf};

use super::*;
use crate::plan::{Mode, Node, PathSet, RelPath, Tree};

/// A directory that goes when the test ends.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    fn join(&self, name: &str) -> Utf8PathBuf {
        Utf8Path::from_path(self.0.path()).unwrap().join(name)
    }

    /// Makes a directory with files (`path` → text), and answers with its path.
    fn with(&self, name: &str, files: &[(&str, &str)]) -> Utf8PathBuf {
        let dir = self.join(name);
        fs::create_dir(&dir).unwrap();
        for (path, text) in files {
            let path = dir.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }
}

fn path(text: &str) -> RelPath {
    RelPath::new(text).unwrap()
}

fn mode_of(path: &Utf8Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

fn chmod(path: &Utf8Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A tree, a line for each entry: mode, path, size or target.
fn listing(tree: &Tree) -> String {
    let line = |(path, node): (&RelPath, &Node)| match node {
        Node::Dir { mode } => format!("{mode} {path}/\n"),
        Node::File { mode, size, .. } => format!("{mode} {path} {size}\n"),
        Node::Symlink { target } => format!("link {path} -> {target}\n"),
    };
    tree.iter().map(line).collect()
}

/// What lies on disk is exactly what the manifest says: read by other means than those under test.
fn assert_is(dir: &Utf8Path, tree: &Tree) {
    let mut found = Tree::new();
    collect(dir, "", &mut found);
    assert_eq!(listing(&found), listing(tree));
    assert_eq!(found.hash(), tree.hash());
    assert_eq!(mode_of(dir), 0o755);
}

fn collect(dir: &Utf8Path, below: &str, found: &mut Tree) {
    let full = dir.join(below);
    let meta = fs::symlink_metadata(&full).unwrap();
    assert_eq!((meta.mtime(), meta.mtime_nsec()), (0, 0), "{full}");
    if !below.is_empty() {
        found.insert(path(below), node(&full, &meta)).unwrap();
    }
    if meta.is_dir() {
        for entry in full.read_dir_utf8().unwrap() {
            let entry = entry.unwrap();
            let inner = Utf8Path::new(below).join(entry.file_name());
            collect(dir, inner.as_str(), found);
        }
    }
}

fn node(full: &Utf8Path, meta: &fs::Metadata) -> Node {
    let mode = Mode::new(meta.mode());
    if meta.is_dir() {
        return Node::Dir { mode };
    }
    if meta.is_symlink() {
        let target = full.read_link_utf8().unwrap().into_string();
        return Node::Symlink { target };
    }
    let bytes = fs::read(full).unwrap();
    let (size, hash) = (bytes.len() as u64, crate::plan::Hash::of(bytes));
    Node::File { mode, size, hash }
}

/// Whether permissions bind this process: they do not bind root.
fn permissions_bind() -> bool {
    !nix::unistd::geteuid().is_root()
}
