//! The directories that sandboxes write to: where to make them, and how to remove them.

use std::fs::File;
use std::io;

use camino::Utf8Path;

use super::sys;
use crate::store::intake::{IntakeError, remove_tree};

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
/// program or overlayfs gave to what is in it, and however deep it lies. No link in it is followed. It is no
/// error if it is gone already.
pub fn discard(directory: &Utf8Path) -> io::Result<()> {
    remove_tree(directory).map_err(|error| match error {
        IntakeError::Io { source, .. } => source,
        error => io::Error::other(error),
    })
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd as _;
    use std::os::unix::fs::symlink;

    use nix::fcntl::{OFlag, open, openat};
    use nix::sys::stat::{Mode, mkdirat};

    use super::*;

    /// What a program can leave: a tree deeper than a path may be long, and a link to its user's home.
    #[test]
    fn discards_what_is_deep_and_follows_no_link() {
        let place = tempfile::tempdir().unwrap();
        let (home, upper) = (place.path().join("home"), place.path().join("upper"));
        for dir in [&home, &upper] {
            std::fs::create_dir(dir).unwrap();
        }
        std::fs::write(home.join("precious"), "x").unwrap();
        symlink(&home, upper.join("link")).unwrap();
        let flags = OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let mut at = open(&upper, flags, Mode::empty()).unwrap();
        for _ in 0..3000 {
            mkdirat(at.as_fd(), "d", Mode::S_IRWXU).unwrap();
            at = openat(at.as_fd(), "d", flags, Mode::empty()).unwrap();
        }
        let directory = Utf8Path::from_path(&upper).unwrap();
        discard(directory).unwrap();
        assert!(!upper.exists());
        assert!(home.join("precious").exists());
        discard(directory).unwrap();
    }
}
