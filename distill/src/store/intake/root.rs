//! A directory that is filled: everything happens relative to it, and never through a link.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use camino::{Utf8Path, Utf8PathBuf};
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, open, openat, renameat};
use nix::sys::stat::{
    FchmodatFlags, FileStat, SFlag, UtimensatFlags, fchmod, fchmodat, fstat, fstatat, futimens,
    mkdirat, utimensat,
};
use nix::sys::time::TimeSpec;
use nix::unistd::{UnlinkatFlags, linkat, symlinkat, unlinkat};

use super::error::{IntakeError, io_error};
use crate::plan::{Mode, Node, RelPath, Tree};

/// An open directory and its path, which is for messages.
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
        Root::open(path)
    }

    /// Opens a directory that is there, and gives it the mode of a tree's root.
    pub(super) fn open(path: &Utf8Path) -> Result<Root> {
        let stat = fstatat(AT_FDCWD, path.as_std_path(), AtFlags::AT_SYMLINK_NOFOLLOW)
            .map_err(io_error("open", path))?;
        if SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT != SFlag::S_IFDIR {
            return Err(io_error("open", path)(Errno::ENOTDIR));
        }
        // By path, since it may be unreadable.
        fchmodat(
            AT_FDCWD,
            path.as_std_path(),
            bits(Mode::DIR),
            FchmodatFlags::FollowSymlink,
        )
        .map_err(io_error("change the mode of", path))?;
        let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let fd = open(path.as_std_path(), flags, nix::sys::stat::Mode::empty());
        let (fd, path) = (fd.map_err(io_error("open", path))?, path.to_owned());
        Ok(Root { fd, path })
    }

    /// The directory's own path.
    pub(super) fn path(&self) -> &Utf8Path {
        &self.path
    }

    fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
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
        let flags =
            OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        openat(self.fd(), path.as_str(), flags, bits(mode))
            .map(File::from)
            .map_err(self.at("create", path))
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
        let stat = fstat(file).map_err(self.at("examine", path))?;
        // What the umask took.
        if stat.st_mode & 0o7777 != mode.bits() {
            fchmod(file, bits(mode)).map_err(self.at("change the mode of", path))?;
        }
        futimens(file, &TimeSpec::UTIME_OMIT, &EPOCH).map_err(self.at("set the time of", path))
    }

    /// Makes a symbolic link.
    pub(super) fn make_symlink(&self, path: &RelPath, target: &str) -> Result<()> {
        symlinkat(target, self.fd(), path.as_str()).map_err(self.at("make the link", path))?;
        self.reset_time(path)
    }

    /// Gives the file `to` one more name.
    pub(super) fn hard_link(&self, path: &RelPath, to: &RelPath) -> Result<()> {
        linkat(
            self.fd(),
            to.as_str(),
            self.fd(),
            path.as_str(),
            AtFlags::empty(),
        )
        .map_err(self.at("make the link", path))
    }

    /// Gives a file that lies elsewhere one more name.
    pub(super) fn hard_link_from(
        &self,
        from: &Utf8Path,
        path: &RelPath,
    ) -> std::result::Result<(), Errno> {
        linkat(
            AT_FDCWD,
            from.as_std_path(),
            self.fd(),
            path.as_str(),
            AtFlags::empty(),
        )
    }

    /// What lies at `path`; a link itself, not what it points to.
    pub(super) fn examine(&self, path: &RelPath) -> Result<FileStat> {
        fstatat(self.fd(), path.as_str(), AtFlags::AT_SYMLINK_NOFOLLOW)
            .map_err(self.at("examine", path))
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

    /// Removes a file or a link.
    pub(super) fn unlink(&self, path: &RelPath) -> Result<()> {
        unlinkat(self.fd(), path.as_str(), UnlinkatFlags::NoRemoveDir)
            .map_err(self.at("remove", path))
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

const EPOCH: TimeSpec = TimeSpec::new(0, 0);

fn bits(mode: Mode) -> nix::sys::stat::Mode {
    nix::sys::stat::Mode::from_bits_truncate(mode.bits())
}
