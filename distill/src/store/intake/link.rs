//! Trees made of files that other trees of the store have.

use std::fs::File;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use nix::errno::Errno;

use super::error::{IntakeError, io_error};
use super::root::Root;
use crate::plan::{Mode, Node, RelPath, Tree};

/// Makes `manifest` real in `dir`, which is made, or is empty. `from` says where a file's bytes lie:
/// a file of a tree of the store, which gets one more name, or is copied where the file system
/// gives it none, or where its mode is another one.
pub fn link_tree(
    manifest: &Tree,
    from: impl Fn(&RelPath) -> Utf8PathBuf,
    dir: &Utf8Path,
) -> Result<(), IntakeError> {
    let root = Root::create(dir)?;
    for (path, node) in manifest.iter() {
        match node {
            Node::Dir { .. } => root.make_dir(path)?,
            Node::Symlink { target } => root.make_symlink(path, target)?,
            Node::File { mode, size, .. } => take(&root, path, *mode, *size, &from(path))?,
        }
    }
    root.seal_dirs(manifest)
}

/// Gives a file one more name, or copies it.
fn take(
    root: &Root,
    path: &RelPath,
    mode: Mode,
    size: u64,
    from: &Utf8Path,
) -> Result<(), IntakeError> {
    match root.hard_link_from(from, path) {
        Ok(()) if is_fit(root, path, mode, size, from)? => Ok(()),
        Ok(()) => {
            root.unlink(path)?;
            copy(root, path, mode, size, from)
        }
        // Another file system; too many names; none of ours, or a file system without hard links.
        Err(Errno::EXDEV | Errno::EMLINK | Errno::EPERM | Errno::EOPNOTSUPP | Errno::ENOSYS) => {
            copy(root, path, mode, size, from)
        }
        Err(error) => Err(io_error("link", from)(error)),
    }
}

/// Whether the file is as the manifest wants it, time included.
fn is_fit(
    root: &Root,
    path: &RelPath,
    mode: Mode,
    size: u64,
    from: &Utf8Path,
) -> Result<bool, IntakeError> {
    const REGULAR: u32 = 0o100_000;
    let stat = root.examine(path)?;
    if u64::try_from(stat.st_size) != Ok(size) || stat.st_mode & !0o7777 != REGULAR {
        let path = from.to_owned();
        return Err(IntakeError::Damaged { path });
    }
    Ok(stat.st_mode & 0o7777 == mode.bits() && (stat.st_mtime, stat.st_mtime_nsec) == (0, 0))
}

fn copy(
    root: &Root,
    path: &RelPath,
    mode: Mode,
    size: u64,
    from: &Utf8Path,
) -> Result<(), IntakeError> {
    let mut source = File::open(from).map_err(io_error("open", from))?;
    let mut file = root.create_file(path, mode)?;
    // The kernel copies, or shares the blocks where the file system can.
    let copied = io::copy(&mut source, &mut file).map_err(root.at("write", path))?;
    if copied != size {
        let path = from.to_owned();
        return Err(IntakeError::Damaged { path });
    }
    root.seal_file(path, &file, mode)
}
