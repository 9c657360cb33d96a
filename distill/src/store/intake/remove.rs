//! Trees that go.

use std::ffi::{CStr, CString};
use std::os::fd::AsFd;

use camino::{Utf8Path, Utf8PathBuf};
use nix::dir::{Dir, Type};
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, openat, renameat};
use nix::sys::stat::{FchmodatFlags, Mode, SFlag, fchmod, fchmodat, fstat, fstatat};
use nix::unistd::{UnlinkatFlags, unlinkat};

use super::attribute;
use super::error::{IntakeError, io_error};

/// Removes `dir` and everything in it: also directories that their owner may not change, those
/// that lie deeper than a path may be long, and what `chattr` protects, if this process may lift that. That there is nothing to remove is no error.
///
/// Links are not followed. Mounts are not looked for.
pub fn remove_tree(dir: &Utf8Path) -> Result<(), IntakeError> {
    let failed = |error: Errno| io_error("remove", dir)(error);
    match open_dir(AT_FDCWD, dir.as_std_path()) {
        Err(Errno::ENOENT) => return Ok(()),
        Err(Errno::ENOTDIR | Errno::ELOOP) => {
            return unlinkat(AT_FDCWD, dir.as_std_path(), UnlinkatFlags::NoRemoveDir)
                .map_err(failed);
        }
        Err(error) => return Err(failed(error)),
        Ok(top) => Removal {
            path: dir,
            top,
            moved: 0,
        }
        .run()?,
    }
    unlinkat(AT_FDCWD, dir.as_std_path(), UnlinkatFlags::RemoveDir).map_err(failed)
}

/// How deep the recursion goes; what lies deeper is moved to the top, and removed in its turn. This
/// bounds the stack and the number of open directories.
const DEPTH: usize = 64;

struct Removal<'a> {
    path: &'a Utf8Path,
    top: Dir,
    moved: u64,
}

impl Removal<'_> {
    fn run(mut self) -> Result<(), IntakeError> {
        loop {
            let (before, path) = (self.moved, self.path);
            let mut again = open_dir(self.top.as_fd(), c".").map_err(io_error("open", path))?;
            self.empty(&mut again, path, 0)?;
            if self.moved == before {
                return Ok(());
            }
        }
    }

    fn empty(&mut self, dir: &mut Dir, path: &Utf8Path, depth: usize) -> Result<(), IntakeError> {
        for (name, is_dir) in entries(dir).map_err(io_error("read", path))? {
            let below = || path.join(Utf8PathBuf::from(name.to_string_lossy().into_owned()));
            let failed = |error: Errno| io_error("remove", below())(error);
            let flag = if !is_dir {
                UnlinkatFlags::NoRemoveDir
            } else if depth == DEPTH {
                self.move_up(dir, &name).map_err(failed)?;
                continue;
            } else if unlinkat(dir.as_fd(), name.as_c_str(), UnlinkatFlags::RemoveDir).is_ok() {
                // It was empty: most directories of a scratch are.
                continue;
            } else {
                let mut inner = open_dir(dir.as_fd(), name.as_c_str()).map_err(failed)?;
                self.empty(&mut inner, &below(), depth + 1)?;
                UnlinkatFlags::RemoveDir
            };
            unlink(dir, &name, flag).map_err(failed)?;
        }
        Ok(())
    }

    /// Moves a directory to the top, under a name that is free there.
    fn move_up(&mut self, dir: &Dir, name: &CStr) -> nix::Result<()> {
        // A directory that its owner may not write cannot be moved: `..` changes.
        open_dir(dir.as_fd(), name)?;
        loop {
            let free = format!(".deep-{}", self.moved);
            self.moved += 1;
            match fstatat(
                self.top.as_fd(),
                free.as_str(),
                AtFlags::AT_SYMLINK_NOFOLLOW,
            ) {
                Err(Errno::ENOENT) => {
                    attribute::thaw(dir);
                    return renameat(dir.as_fd(), name, self.top.as_fd(), free.as_str());
                }
                Err(error) => return Err(error),
                Ok(_) => {}
            }
        }
    }
}

/// Removes a name, also where `chattr` protects the directory or what lies there.
fn unlink(dir: &Dir, name: &CStr, flag: UnlinkatFlags) -> nix::Result<()> {
    match unlinkat(dir.as_fd(), name, flag) {
        Err(Errno::EPERM) => {
            attribute::thaw(dir);
            let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
            if let Ok(protected) = openat(dir.as_fd(), name, flags, Mode::empty()) {
                attribute::thaw(&protected);
            }
            unlinkat(dir.as_fd(), name, flag)
        }
        result => result,
    }
}

/// Opens a directory, and sees to it that its owner may do everything in it.
fn open_dir<P: ?Sized + nix::NixPath>(at: impl AsFd + Copy, path: &P) -> nix::Result<Dir> {
    let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let open = || Dir::openat(at, path, flags, Mode::empty());
    let dir = match open() {
        Err(Errno::EACCES) => {
            fchmodat(at, path, Mode::S_IRWXU, FchmodatFlags::FollowSymlink)?;
            open()?
        }
        opened => opened?,
    };
    let stat = fstat(&dir)?;
    if stat.st_mode & 0o700 != 0o700 {
        attribute::thaw(&dir);
        fchmod(&dir, Mode::S_IRWXU)?;
    }
    Ok(dir)
}

/// The names in a directory, and whether they are directories.
fn entries(dir: &mut Dir) -> nix::Result<Vec<(CString, bool)>> {
    let mut entries = Vec::new();
    let mut unknown = Vec::new();
    for entry in dir.iter() {
        let entry = entry?;
        let name = entry.file_name();
        if name == c"." || name == c".." {
            continue;
        }
        if entry.file_type().is_none() {
            unknown.push(entries.len());
        }
        entries.push((name.to_owned(), entry.file_type() == Some(Type::Directory)));
    }
    // Some file systems do not tell the kind with the name.
    for index in unknown {
        let stat = fstatat(
            dir.as_fd(),
            entries[index].0.as_c_str(),
            AtFlags::AT_SYMLINK_NOFOLLOW,
        )?;
        entries[index].1 =
            SFlag::from_bits_truncate(stat.st_mode & SFlag::S_IFMT.bits()) == SFlag::S_IFDIR;
    }
    Ok(entries)
}
