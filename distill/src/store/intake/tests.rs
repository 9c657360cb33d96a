#![allow(clippy::print_stderr, reason = "a test says why it is skipped")]

mod filled;
mod hashed;
mod measured;
mod removed;
mod restored;
mod scanned;
mod unpacked;
mod verified;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

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
    assert_eq!(meta.nlink(), 1, "{full}");
    let (size, hash) = (bytes.len() as u64, crate::plan::Hash::of(bytes));
    Node::File { mode, size, hash }
}

/// Makes a file in which there is nothing but a hole.
fn make_hole(path: &Utf8Path, size: u64) {
    fs::File::create(path).unwrap().set_len(size).unwrap();
}

/// Gives attributes that a build can give; false if the file system takes none.
fn give_attributes(path: &Utf8Path) -> bool {
    let given = xattr::set(path, "user.overlay.opaque", b"y");
    if let Err(error) = &given {
        eprintln!("skipped in part: {path} takes no extended attributes: {error}");
    }
    given.is_ok()
}

/// The attributes that something has, but for those of a security module.
fn attributes(path: &Utf8Path) -> Vec<String> {
    let names = xattr::list(path).unwrap();
    let names = names.map(|name| name.to_string_lossy().into_owned());
    names
        .filter(|name| !name.starts_with("security."))
        .collect()
}

/// The flags of `chattr`, which some file systems have.
fn flags(path: &Utf8Path) -> Option<rustix::fs::IFlags> {
    rustix::fs::ioctl_getflags(fs::File::open(path).unwrap()).ok()
}

fn set_flags(path: &Utf8Path, flags: rustix::fs::IFlags) -> bool {
    let file = fs::File::open(path).unwrap();
    let Ok(old) = rustix::fs::ioctl_getflags(&file) else {
        return false;
    };
    rustix::fs::ioctl_setflags(&file, old | flags).is_ok()
}

/// Sets the wish to stop after a moment; how long `work` goes on after that.
fn after_the_wish<T>(work: impl FnOnce(&AtomicBool) -> T) -> (T, Duration) {
    const MOMENT: Duration = Duration::from_millis(200);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let wish = scope.spawn(|| {
            std::thread::sleep(MOMENT);
            stop.store(true, Ordering::SeqCst);
            Instant::now()
        });
        let done = work(&stop);
        let ended = Instant::now();
        (done, ended.saturating_duration_since(wish.join().unwrap()))
    })
}

/// Whether permissions bind this process: they do not bind root.
fn permissions_bind() -> bool {
    !nix::unistd::geteuid().is_root()
}
