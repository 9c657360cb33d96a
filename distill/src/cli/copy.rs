//! Outputs, copied out of the store: to a new file that takes its place when it is complete.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use camino::{Utf8Path, Utf8PathBuf};
use nix::errno::Errno;
use nix::unistd::{Whence, lseek};

use super::error::CliError;
use crate::plan::{Node, Tree};
use crate::store::Placed;
use crate::store::io::{At as _, IoError};
use crate::unique;

/// Copies a file; what was at `to` is replaced at once, and only if everything went well.
pub(super) fn copy_file(from: &Utf8Path, to: &Utf8Path) -> Result<Placed, CliError> {
    let (temp, copy) = beside(to)?;
    let result = copy_data(from, copy, &temp).and_then(|()| {
        std::fs::rename(&temp, to).at("rename to", to)?;
        look(to)
    });
    if result.is_err() {
        let _ = std::fs::remove_file(&temp);
    }
    Ok(result?)
}

/// What a copy at `path` looks like now.
pub(super) fn look(path: &Utf8Path) -> Result<Placed, IoError> {
    let meta = path.symlink_metadata().at("examine", path)?;
    Ok(Placed {
        path: path.to_owned(),
        inode: (meta.dev(), meta.ino()),
        size: meta.len(),
        changed: (meta.ctime(), meta.ctime_nsec()),
    })
}

/// A new file in the same directory, hence on the same file system.
fn beside(path: &Utf8Path) -> Result<(Utf8PathBuf, File), IoError> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_str().is_empty() => parent,
        _ => Utf8Path::new("."),
    };
    let name = path.file_name().unwrap_or("output");
    unique::create_file(directory, &format!(".{name}.")).at("create a file beside", path)
}

/// Copies what is written of a file, and leaves its holes.
fn copy_data(from: &Utf8Path, mut copy: File, to: &Utf8Path) -> Result<(), IoError> {
    let mut source = File::open(from).at("open", from)?;
    let size = source.metadata().at("examine", from)?.len();
    copy.set_len(size).at("write", to)?;
    let mut end = 0;
    while let Some(start) = next(&source, end, Whence::SeekData).at("read", from)? {
        end = next(&source, start, Whence::SeekHole)
            .at("read", from)?
            .unwrap_or(size);
        source.seek(SeekFrom::Start(start)).at("read", from)?;
        copy.seek(SeekFrom::Start(start)).at("write", to)?;
        // The kernel copies, and shares the blocks where the file system can.
        io::copy(&mut (&source).take(end - start), &mut copy).at("write", to)?;
    }
    Ok(())
}

/// Where the next data or hole begins; nothing at the end.
fn next(file: &File, from: u64, whence: Whence) -> io::Result<Option<u64>> {
    let from = i64::try_from(from).map_err(io::Error::other)?;
    match lseek(file, from, whence) {
        Ok(offset) => Ok(u64::try_from(offset).ok()),
        Err(Errno::ENXIO) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}

/// Checks that nothing is at `path`, or an empty directory.
pub(super) fn vacant(path: &Utf8Path) -> Result<(), CliError> {
    let is_empty = path.read_dir().map(|mut entries| entries.next().is_none());
    if is_empty.unwrap_or_else(|_| path.symlink_metadata().is_err()) {
        return Ok(());
    }
    let text = format!(
        "cannot put a tree at `{path}`: there is something already\nhint: choose another place \
         with `--output`"
    );
    Err(CliError::Usage(text))
}

/// Copies a tree to `to`, which must be [`vacant`].
pub(super) fn copy_tree(manifest: &Tree, from: &Utf8Path, to: &Utf8Path) -> Result<(), CliError> {
    vacant(to)?;
    std::fs::create_dir_all(to).at("create", to)?;
    for (path, node) in manifest.iter() {
        copy_node(node, &path.under(from), &path.under(to))?;
    }
    for (path, node) in manifest.iter().rev() {
        if let Node::Dir { mode } = node {
            set_mode(&path.under(to), mode.bits())?;
        }
    }
    Ok(())
}

fn copy_node(node: &Node, from: &Utf8Path, to: &Utf8Path) -> Result<(), IoError> {
    match node {
        Node::Dir { .. } => std::fs::create_dir(to).at("create", to),
        Node::Symlink { target } => std::os::unix::fs::symlink(target, to).at("create", to),
        Node::File { mode, .. } => {
            copy_data(from, File::create_new(to).at("create", to)?, to)?;
            set_mode(to, mode.bits())
        }
    }
}

fn set_mode(path: &Utf8Path, mode: u32) -> Result<(), IoError> {
    let permissions = std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(path, permissions).at("change the mode of", path)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn holes_stay_holes_and_what_was_there_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| Utf8PathBuf::from_path_buf(dir.path().join(name)).unwrap();
        let (from, to) = (path("from"), path("to"));
        let mut file = File::create(&from).unwrap();
        file.write_all(b"begin").unwrap();
        file.seek(SeekFrom::Start(64 << 20)).unwrap();
        file.write_all(b"end").unwrap();
        file.set_len(128 << 20).unwrap();
        std::fs::write(&to, "old").unwrap();
        let copy = copy_file(&from, &to).unwrap();
        assert_eq!(copy, look(&to).unwrap());
        assert!(std::fs::read(&from).unwrap() == std::fs::read(&to).unwrap());
        let blocks = |path: &Utf8Path| path.metadata().unwrap().blocks();
        assert!(blocks(&to) <= blocks(&from) + 8, "{} blocks", blocks(&to));
        assert_eq!(
            dir.path().read_dir().unwrap().count(),
            2,
            "nothing else is left"
        );
    }

    #[test]
    fn a_failed_copy_leaves_what_was_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| Utf8PathBuf::from_path_buf(dir.path().join(name)).unwrap();
        std::fs::write(path("to"), "old").unwrap();
        assert!(copy_file(&path("missing"), &path("to")).is_err());
        assert_eq!(std::fs::read_to_string(path("to")).unwrap(), "old");
        assert_eq!(dir.path().read_dir().unwrap().count(), 1);
    }
}
