//! Removal of what a build leaves behind.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use camino::Utf8Path;

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
