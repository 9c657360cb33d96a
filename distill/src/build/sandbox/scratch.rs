//! The directories that sandboxes write to: where to make them, and how to remove them.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use camino::Utf8Path;

use super::sys;

/// Mark an empty directory as one whose subdirectories have little to do with each other. Do this
/// once, to the directory that upper and work directories are made in. The result says whether the
/// file system knows such a mark, as ext4 does; without it all works as well, but slower.
///
/// ext4 then makes each subdirectory in another part of the disk (`chattr +T`). Otherwise they all lie
/// in one, where ext4 looks at every inode that was freed in the last minutes before it makes a new
/// one. Each sandbox makes and frees about ten: a thousand of them take twice as long or worse.
pub fn spread(directory: &Utf8Path) -> io::Result<bool> {
    Ok(sys::mark_top_directory(&File::open(directory)?).is_ok())
}

/// Remove a directory and all below it, such as an upper or work directory, whatever modes the
/// program or overlayfs gave to what is in it. It is no error if it is gone already.
pub fn discard(directory: &Utf8Path) -> io::Result<()> {
    match remove(directory.as_std_path()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

fn remove(directory: &Path) -> io::Result<()> {
    if fs::symlink_metadata(directory)?.permissions().mode() & 0o700 != 0o700 {
        fs::set_permissions(directory, fs::Permissions::from_mode(0o700))?;
    }
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove(&entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    fs::remove_dir(directory)
}
