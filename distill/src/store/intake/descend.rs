//! From an open directory down to what lies in it, a component at a time, and never through a link.
//!
//! Whoever filled the directory may have put a symbolic link anywhere. The kernel follows links in all
//! components of a path but the last, so no path with several components is given to it here.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};

use camino::Utf8Path;
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, openat};
use nix::sys::stat::{FchmodatFlags, Mode, SFlag, fchmod, fchmodat, fstat, fstatat};

use crate::plan::RelPath;

/// Whether what cannot be read is made readable. A build chooses the modes of what it leaves; the store
/// sees to it that its owner can read what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Locked {
    /// It is an error.
    Refuse,
    /// Its owner gets all rights that are needed.
    Unlock,
}

/// Opens the directory at `path`, which is no link itself.
pub(super) fn open_top(path: &Utf8Path, locked: Locked) -> nix::Result<File> {
    open_dir_in(AT_FDCWD, path.as_str(), locked)
}

/// Opens the regular file at `path`, which is no link itself.
pub(super) fn open_file_at(path: &Utf8Path) -> nix::Result<File> {
    open_file_in(AT_FDCWD, path.as_str(), Locked::Refuse)
}

/// Opens the directory `path` below `top`; without a path, `top` once more.
pub(super) fn open_dir(
    top: BorrowedFd<'_>,
    path: Option<&RelPath>,
    locked: Locked,
) -> nix::Result<File> {
    let mut components = path.map_or(".", RelPath::as_str).split('/');
    let first = components.next().unwrap_or(".");
    let mut dir = open_dir_in(top, first, locked)?;
    for name in components {
        dir = open_dir_in(dir.as_fd(), name, locked)?;
    }
    Ok(dir)
}

/// Opens the regular file `path` below `top` for reading.
pub(super) fn open_file(top: BorrowedFd<'_>, path: &RelPath, locked: Locked) -> nix::Result<File> {
    let dir = open_dir(top, path.parent().as_ref(), locked)?;
    open_file_in(dir.as_fd(), path.file_name(), locked)
}

/// Opens the regular file `name` of a directory for reading. What is no regular file is not opened, for
/// opening a device or a pipe may have effects of its own.
pub(super) fn open_file_in(dir: BorrowedFd<'_>, name: &str, locked: Locked) -> nix::Result<File> {
    let flags = OFlag::O_RDONLY
        | OFlag::O_NOFOLLOW
        | OFlag::O_NONBLOCK
        | OFlag::O_NOCTTY
        | OFlag::O_CLOEXEC;
    let stat = fstatat(dir, name, AtFlags::AT_SYMLINK_NOFOLLOW)?;
    must_be_regular(stat.st_mode)?;
    let file = match openat(dir, name, flags, Mode::empty()) {
        Err(Errno::EACCES) if locked == Locked::Unlock => {
            let mode = Mode::from_bits_truncate(stat.st_mode | 0o400);
            fchmodat(dir, name, mode, FchmodatFlags::FollowSymlink)?;
            openat(dir, name, flags, Mode::empty())?
        }
        opened => opened?,
    };
    must_be_regular(fstat(&file)?.st_mode)?;
    Ok(File::from(file))
}

fn open_dir_in(at: BorrowedFd<'_>, name: &str, locked: Locked) -> nix::Result<File> {
    let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let open = || openat(at, name, flags, Mode::empty());
    if locked == Locked::Refuse {
        return open().map(File::from);
    }
    let dir = match open() {
        // Permission is asked only for what is a directory: a link is refused before.
        Err(Errno::EACCES) => {
            fchmodat(at, name, Mode::S_IRWXU, FchmodatFlags::FollowSymlink)?;
            open()?
        }
        opened => opened?,
    };
    // It can be read, but perhaps not be searched.
    if fstat(&dir)?.st_mode & 0o700 != 0o700 {
        fchmod(&dir, Mode::S_IRWXU)?;
    }
    Ok(File::from(dir))
}

fn must_be_regular(mode: u32) -> nix::Result<()> {
    match SFlag::from_bits_truncate(mode & SFlag::S_IFMT.bits()) {
        SFlag::S_IFREG => Ok(()),
        SFlag::S_IFLNK => Err(Errno::ELOOP),
        SFlag::S_IFDIR => Err(Errno::EISDIR),
        _ => Err(Errno::ENXIO),
    }
}
