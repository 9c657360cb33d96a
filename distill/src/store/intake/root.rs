//! A directory that is filled: everything happens relative to it, and never through a link.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use camino::{Utf8Path, Utf8PathBuf};
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, OFlag, openat, renameat};
use nix::sys::stat::{
    FchmodatFlags, UtimensatFlags, fchmod, fchmodat, fstat, futimens, mkdirat, utimensat,
};
use nix::sys::time::TimeSpec;
use nix::unistd::{UnlinkatFlags, symlinkat, unlinkat};

use super::attribute;
use super::descend::{self, Locked};
use super::error::{IntakeError, io_error};
use crate::plan::{Mode, Node, RelPath, Tree};

/// An open directory and its path, which is for messages.
///
/// Where a path of several components is given to the kernel below, it leads through directories that
/// this process has made itself, for a tree in which nothing lies below a link. What others have made is
/// reached through [`Root::dir`], a component at a time.
pub(super) struct Root {
    fd: OwnedFd,
    path: Utf8PathBuf,
}

type Result<T> = std::result::Result<T, IntakeError>;

impl Root {
    /// Makes the directory, or takes one that is empty.
    pub(super) fn create(path: &Utf8Path) -> Result<Root> {
        match mkdirat(AT_FDCWD, path.as_std_path(), bits(Mode::DIR)) {
            Ok(()) => {}
            Err(Errno::EEXIST) => {
                let mut entries = path.read_dir_utf8().map_err(io_error("read", path))?;
                if entries.next().is_some() {
                    return Err(IntakeError::NotEmpty {
                        path: path.to_owned(),
                    });
                }
            }
            Err(error) => return Err(io_error("make the directory", path)(error)),
        }
        let root = Root::open(path)?;
        // It may have them from the directory that it lies in, and would hand them on.
        attribute::strip(&root.dir(None)?).map_err(io_error("drop the attributes of", path))?;
        Ok(root)
    }

    /// Opens a directory that is there, whatever its mode is, and gives it the mode of a tree's root.
    pub(super) fn open(path: &Utf8Path) -> Result<Root> {
        let dir = descend::open_top(path, Locked::Unlock).map_err(io_error("open", path))?;
        attribute::thaw(&dir);
        fchmod(&dir, bits(Mode::DIR)).map_err(io_error("change the mode of", path))?;
        let (fd, path) = (dir.into(), path.to_owned());
        Ok(Root { fd, path })
    }

    /// Opens a directory as it is.
    pub(super) fn open_as_is(path: &Utf8Path) -> Result<Root> {
        let fd = descend::open_top(path, Locked::Refuse).map_err(io_error("open", path))?;
        let (fd, path) = (fd.into(), path.to_owned());
        Ok(Root { fd, path })
    }

    /// Opens a directory in it, or itself, without following a link.
    pub(super) fn dir(&self, path: Option<&RelPath>) -> Result<File> {
        descend::open_dir(self.fd(), path, Locked::Refuse)
            .map_err(|error| io_error("open", self.full_or_own(path))(error))
    }

    /// The path of what lies in it, for messages.
    pub(super) fn full(&self, path: &RelPath) -> Utf8PathBuf {
        path.under(&self.path)
    }

    /// The same; without a path, its own.
    pub(super) fn full_or_own(&self, path: Option<&RelPath>) -> Utf8PathBuf {
        path.map_or_else(|| self.path.clone(), |path| self.full(path))
    }

    fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// The directory's own path, for messages.
    pub(super) fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// An error at `path`.
    pub(super) fn at<E: Into<std::io::Error>>(
        &self,
        action: &'static str,
        path: &RelPath,
    ) -> impl FnOnce(E) -> IntakeError {
        io_error(action, path.under(&self.path))
    }

    /// Makes a directory, mode 0755.
    pub(super) fn make_dir(&self, path: &RelPath) -> Result<()> {
        mkdirat(self.fd(), path.as_str(), bits(Mode::DIR))
            .map_err(self.at("make the directory", path))?;
        self.change_mode(path, Mode::DIR)
    }

    /// Sets the mode of what is no symbolic link.
    pub(super) fn change_mode(&self, path: &RelPath, mode: Mode) -> Result<()> {
        fchmodat(
            self.fd(),
            path.as_str(),
            bits(mode),
            FchmodatFlags::FollowSymlink,
        )
        .map_err(self.at("change the mode of", path))
    }

    /// Makes a file that is not there yet.
    pub(super) fn create_file(&self, path: &RelPath, mode: Mode) -> Result<File> {
        create(self.fd(), path.as_str(), mode).map_err(self.at("create", path))
    }

    /// The same in `dir`, which is the open directory of `path`.
    pub(super) fn create_file_in(
        &self,
        dir: BorrowedFd<'_>,
        path: &RelPath,
        mode: Mode,
    ) -> Result<File> {
        create(dir, path.file_name(), mode).map_err(self.at("create", path))
    }

    /// Opens a file for reading.
    pub(super) fn open_file(&self, path: &RelPath) -> Result<File> {
        let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        openat(
            self.fd(),
            path.as_str(),
            flags,
            nix::sys::stat::Mode::empty(),
        )
        .map(File::from)
        .map_err(self.at("open", path))
    }

    /// Gives a file that was written its mode and time.
    pub(super) fn seal_file(&self, path: &RelPath, file: &File, mode: Mode) -> Result<()> {
        seal(file, mode).map_err(self.at("change the mode of", path))
    }

    /// Makes a symbolic link.
    pub(super) fn make_symlink(&self, path: &RelPath, target: &str) -> Result<()> {
        make_symlink_in(self.fd(), path.as_str(), target).map_err(self.at("make the link", path))
    }

    /// Sets the time of change to the epoch.
    pub(super) fn reset_time(&self, path: &RelPath) -> Result<()> {
        self.reset_time_at(path.as_str())
            .map_err(self.at("set the time of", path))
    }

    /// The same for the directory itself.
    pub(super) fn reset_own_time(&self) -> Result<()> {
        self.reset_time_at(".")
            .map_err(io_error("set the time of", &self.path))
    }

    /// Gives all directories of `tree` their modes and times, now that nothing is put into them any
    /// more: those inside first, since one may forbid to look into it.
    pub(super) fn seal_dirs(&self, tree: &Tree) -> Result<()> {
        for (path, node) in tree.iter().rev() {
            if let Node::Dir { mode } = node {
                self.reset_time(path)?;
                if *mode != Mode::DIR {
                    self.change_mode(path, *mode)?;
                }
            }
        }
        self.reset_own_time()
    }

    fn reset_time_at(&self, path: &str) -> nix::Result<()> {
        let flag = UtimensatFlags::NoFollowSymlink;
        utimensat(self.fd(), path, &TimeSpec::UTIME_OMIT, &EPOCH, flag)
    }

    /// Removes an empty directory.
    pub(super) fn remove_dir(&self, path: &RelPath) -> Result<()> {
        unlinkat(self.fd(), path.as_str(), UnlinkatFlags::RemoveDir)
            .map_err(self.at("remove", path))
    }

    /// Moves what lies at `from`.
    pub(super) fn rename(&self, from: &RelPath, to: &RelPath) -> Result<()> {
        renameat(self.fd(), from.as_str(), self.fd(), to.as_str()).map_err(self.at("move", from))
    }
}

/// Makes a file that is not there yet. Bits that give somebody else's rights come when it is sealed.
fn create(dir: BorrowedFd<'_>, path: &str, mode: Mode) -> nix::Result<File> {
    let flags =
        OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    openat(dir, path, flags, bits(Mode::new(mode.bits() & 0o777))).map(File::from)
}

/// Gives a file its mode, and the epoch as its time of change, unless it has them.
pub(super) fn seal(file: &File, mode: Mode) -> nix::Result<()> {
    let stat = fstat(file)?;
    // What the umask took.
    if stat.st_mode & 0o7777 != mode.bits() {
        fchmod(file, bits(mode))?;
    }
    if (stat.st_mtime, stat.st_mtime_nsec) != (0, 0) {
        reset_time_of(file)?;
    }
    Ok(())
}

/// Sets the time of change of what is open to the epoch.
pub(super) fn reset_time_of(file: &File) -> nix::Result<()> {
    futimens(file, &TimeSpec::UTIME_OMIT, &EPOCH)
}

/// Makes a symbolic link whose time of change is the epoch.
pub(super) fn make_symlink_in(dir: BorrowedFd<'_>, name: &str, target: &str) -> nix::Result<()> {
    symlinkat(target, dir, name)?;
    let flag = UtimensatFlags::NoFollowSymlink;
    utimensat(dir, name, &TimeSpec::UTIME_OMIT, &EPOCH, flag)
}

const EPOCH: TimeSpec = TimeSpec::new(0, 0);

pub(super) fn bits(mode: Mode) -> nix::sys::stat::Mode {
    nix::sys::stat::Mode::from_bits_truncate(mode.bits())
}
