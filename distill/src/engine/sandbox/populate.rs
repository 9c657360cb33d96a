//! A private copy of the layers, for where the kernel does not stack them.
//!
//! Hard links would be quicker, but a build that writes to one would write to the store. Files are
//! cloned where the file system can share their blocks, as btrfs and XFS do, and copied elsewhere.

use std::fs::{self, DirBuilder, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, symlink};

use camino::{Utf8Path, Utf8PathBuf};
use nix::fcntl::AT_FDCWD;
use nix::sys::stat::{UtimensatFlags, utimensat};
use nix::sys::time::TimeSpec;

use super::error::SandboxError;
use super::spec::{Method, Spec};

/// Copy the layers of each stack into the directory on top of it, if the spec's method is
/// [`Method::Copy`]. Those directories must be empty: do this once, before the first start.
///
/// Contents, modes, modification times and symbolic links are kept; files that are hard links of
/// each other become independent, as overlayfs makes them when they are written to.
pub fn populate(spec: &Spec) -> Result<(), SandboxError> {
    if spec.method == Method::Overlay {
        return Ok(());
    }
    for stack in &spec.root {
        for layer in &stack.layers {
            copy_directory(layer, &stack.top)?;
        }
    }
    Ok(())
}

/// Copy a directory onto one that exists. Its mode and time come last: the mode may forbid to
/// write, and each entry changes the time.
fn copy_directory(from: &Utf8Path, to: &Utf8Path) -> Result<(), SandboxError> {
    let failed = |source| error(from, to, source);
    for entry in from.read_dir_utf8().map_err(failed)? {
        let entry = entry.map_err(failed)?;
        copy_entry(entry.path(), &to.join(entry.file_name()))?;
    }
    let metadata = fs::symlink_metadata(from).map_err(failed)?;
    fs::set_permissions(to, metadata.permissions()).map_err(failed)?;
    keep_time(&metadata, to).map_err(failed)
}

fn copy_entry(from: &Utf8Path, to: &Utf8Path) -> Result<(), SandboxError> {
    let metadata = fs::symlink_metadata(from).map_err(|source| error(from, to, source))?;
    let kind = metadata.file_type();
    if kind.is_dir() {
        open_directory(to).map_err(|source| error(from, to, source))?;
        return copy_directory(from, to);
    }
    let copied = if kind.is_file() {
        fs::copy(from, to).map(drop)
    } else if kind.is_symlink() {
        fs::read_link(from).and_then(|text| symlink(text, to))
    } else {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "neither file, directory nor link",
        ))
    };
    copied
        .and_then(|()| keep_time(&metadata, to))
        .map_err(|source| error(from, to, source))
}

/// Make a directory, or make one that an earlier layer has brought writable again.
fn open_directory(path: &Utf8Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::set_permissions(path, fs::Permissions::from_mode(0o700))
        }
        result => result,
    }
}

fn keep_time(metadata: &Metadata, to: &Utf8Path) -> io::Result<()> {
    let time = TimeSpec::new(metadata.mtime(), metadata.mtime_nsec());
    utimensat(
        AT_FDCWD,
        to.as_std_path(),
        &time,
        &time,
        UtimensatFlags::NoFollowSymlink,
    )?;
    Ok(())
}

fn error(from: &Utf8Path, to: &Utf8Path, source: io::Error) -> SandboxError {
    SandboxError::Copy {
        from: from.to_owned(),
        to: Utf8PathBuf::from(to),
        source,
    }
}
