//! What files and directories carry beside their bytes and modes, and no manifest has: extended
//! attributes, access control lists, and the flags of `chattr`.
//!
//! Some change what a file does, what a directory shows when trees are stacked, or whether it can be
//! removed. So nothing in the store has any of them.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;

use nix::sys::stat::{Mode, fchmod, fstat};
use rustix::fs::{IFlags, ioctl_getflags, ioctl_setflags};
use xattr::FileExt as _;

/// Drops all of them from what is open. Its mode stays, but for what an access control list gave.
pub(super) fn strip(file: &File) -> io::Result<()> {
    drop_flags(file)?;
    drop_attributes(file)
}

/// Lets what is open be changed and removed again, if this process may say so. Whether it may, whoever
/// removes it learns.
pub(super) fn thaw(file: impl AsFd) {
    const PROTECTS: IFlags = IFlags::IMMUTABLE.union(IFlags::APPEND);
    if let Ok(flags) = ioctl_getflags(&file)
        && flags.intersects(PROTECTS)
    {
        let _ = ioctl_setflags(&file, flags - PROTECTS);
    }
}

/// Whether there are any.
pub(super) fn has_any(file: &File) -> io::Result<bool> {
    let flags = ioctl_getflags(file).unwrap_or(IFlags::empty());
    Ok(flags.intersects(dropped_flags() | FOLDS_CASE) || !dropped_attributes(file)?.is_empty())
}

fn drop_attributes(file: &File) -> io::Result<()> {
    let names = dropped_attributes(file)?;
    if names.is_empty() {
        return Ok(());
    }
    let mode = fstat(file)?.st_mode & 0o7777;
    // Even its owner can only drop attributes of what is writable.
    fchmod(file, Mode::from_bits_truncate(mode | 0o600))?;
    for name in names {
        file.remove_xattr(&name)?;
    }
    Ok(fchmod(file, Mode::from_bits_truncate(mode))?)
}

fn dropped_attributes(file: &File) -> io::Result<Vec<std::ffi::OsString>> {
    match file.list_xattr() {
        Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(Vec::new()),
        names => Ok(names?
            .filter(|name| is_dropped(name.as_encoded_bytes()))
            .collect()),
    }
}

/// Attributes that a build can set; the others belong to the file system or to a security module.
fn is_dropped(name: &[u8]) -> bool {
    const PREFIXES: [&[u8]; 4] = [
        b"user.",
        b"trusted.",
        b"security.capability",
        b"system.posix_acl_",
    ];
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// A directory that finds `A` as `a`, which lasts as long as there is anything in it. `FS_CASEFOLD_FL`
/// of linux/fs.h.
const FOLDS_CASE: IFlags = IFlags::from_bits_retain(0x4000_0000);

/// Flags that say how a file is to be used. The others say how it is stored, such as compressed: that is
/// between the user and the file system.
fn dropped_flags() -> IFlags {
    IFlags::IMMUTABLE
        | IFlags::APPEND
        | IFlags::NODUMP
        | IFlags::NOATIME
        | IFlags::SYNC
        | IFlags::DIRSYNC
        | IFlags::TOPDIR
        | IFlags::SECURE_REMOVAL
        | IFlags::UNRM
        | IFlags::PROJECT_INHERIT
}

fn drop_flags(file: &File) -> io::Result<()> {
    // Many file systems know no flags, each with an error of its own.
    let Ok(flags) = ioctl_getflags(file) else {
        return Ok(());
    };
    if flags.contains(FOLDS_CASE) {
        return Err(io::Error::other(
            "it does not tell `A` from `a` (`chattr +F`)",
        ));
    }
    if flags.intersects(dropped_flags()) {
        ioctl_setflags(file, flags - dropped_flags())?;
    }
    Ok(())
}
