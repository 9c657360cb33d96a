//! What a build left, as a tree; and what a tree of the store holds.

use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::atomic::AtomicBool;

use camino::{Utf8Path, Utf8PathBuf};
use nix::dir::Dir;
use nix::fcntl::{AtFlags, readlinkat};
use nix::sys::stat::{FchmodatFlags, FileStat, SFlag, fchmodat, fstatat};
use nix::unistd::{UnlinkatFlags, unlinkat};

use super::attribute;
use super::contents::go_on;
use super::error::{IntakeError, Special, io_error};
use super::hash::{Job, Purpose, hash_all};
use super::hashed::HashedTree;
use super::root::{Root, bits, make_symlink_in};
use crate::plan::{Mode, Node, PathSet, RelPath, Tree};

/// The longest path that a tree may have, in bytes: somewhat less than the kernel takes at once, so that
/// what one build makes, another one can reach wherever the tree lies there.
pub(super) const LONGEST_PATH: usize = 4000;

/// Takes in what lies in `dir`, a directory that a build has filled and that nobody changes any more;
/// `setid` names the paths that may be set-user-id or set-group-id.
///
/// It is made fit for the store on the way: the owner may read every file and everything in every
/// directory, the directory itself is 0755, every time of change is the epoch, every file and link has
/// one name, and extended attributes, access control lists and `chattr`'s flags are gone. Other modes stay.
/// Refused are devices, sockets, named pipes, names and link targets that are not UTF-8, paths of more
/// than 4000 bytes, and set-user-id or set-group-id bits that are not declared.
pub fn scan(dir: &Utf8Path, setid: &PathSet, stop: &AtomicBool) -> Result<HashedTree, IntakeError> {
    let root = Root::open(dir)?;
    let tree = Walk::new(&root, Purpose::TakeIn(setid), stop).run()?;
    Ok(HashedTree::new(dir, tree))
}

/// The manifest of what lies in `dir`, a tree of the store. Nothing is changed; that something is there
/// which [`scan`] would have changed is an error.
pub fn verify_tree(dir: &Utf8Path, stop: &AtomicBool) -> Result<Tree, IntakeError> {
    let root = Root::open_as_is(dir)?;
    Walk::new(&root, Purpose::Verify, stop).run()
}

struct Walk<'a> {
    root: &'a Root,
    purpose: Purpose<'a>,
    stop: &'a AtomicBool,
    tree: Vec<(RelPath, Node)>,
    jobs: Vec<Job>,
    special: Vec<Special>,
    undeclared: Vec<RelPath>,
}

impl<'a> Walk<'a> {
    fn new(root: &'a Root, purpose: Purpose<'a>, stop: &'a AtomicBool) -> Walk<'a> {
        Walk {
            root,
            purpose,
            stop,
            tree: Vec::new(),
            jobs: Vec::new(),
            special: Vec::new(),
            undeclared: Vec::new(),
        }
    }

    fn run(mut self) -> Result<Tree, IntakeError> {
        let mut open = vec![None];
        while let Some(dir) = open.pop() {
            go_on(self.stop).map_err(|_| IntakeError::Stopped)?;
            self.dir(dir.as_ref(), &mut open)?;
        }
        self.refuse()?;
        self.into_tree()
    }

    fn dir(
        &mut self,
        path: Option<&RelPath>,
        open: &mut Vec<Option<RelPath>>,
    ) -> Result<(), IntakeError> {
        let full = || self.root.full_or_own(path);
        let dir = self.root.dir(path)?;
        match self.purpose {
            Purpose::TakeIn(_) => attribute::strip(&dir)
                .map_err(|error| io_error("drop the attributes of", full())(error))?,
            Purpose::Verify => must_be_bare(&dir, full())?,
        }
        for name in names(&dir, &full())? {
            let path = named(path, &name, &full())?;
            let stat = fstatat(&dir, path.file_name(), AtFlags::AT_SYMLINK_NOFOLLOW)
                .map_err(self.root.at("examine", &path))?;
            if kind(&stat) == SFlag::S_IFDIR {
                open.push(Some(path.clone()));
            }
            self.entry(dir.as_fd(), path, &stat)?;
        }
        Ok(())
    }

    fn entry(
        &mut self,
        dir: BorrowedFd<'_>,
        path: RelPath,
        stat: &FileStat,
    ) -> Result<(), IntakeError> {
        let (kind, mode) = (kind(stat), Mode::new(stat.st_mode));
        if kind == SFlag::S_IFLNK {
            return self.symlink(dir, path, stat);
        }
        if mode.is_setid()
            && let Purpose::TakeIn(setid) = self.purpose
            && !setid.contains(&path)
        {
            self.undeclared.push(path.clone());
        }
        if kind == SFlag::S_IFDIR {
            let mode = self.open_up(dir, &path, mode, 0o700)?;
            self.tree.push((path, Node::Dir { mode }));
        } else if kind == SFlag::S_IFREG {
            let mode = self.open_up(dir, &path, mode, 0o400)?;
            let size = u64::try_from(stat.st_size).unwrap_or_default();
            self.jobs.push(Job { path, mode, size });
        } else {
            let kind = special(kind);
            self.special.push(Special { path, kind });
        }
        Ok(())
    }

    /// Adds the bits that the owner needs.
    fn open_up(
        &self,
        dir: BorrowedFd<'_>,
        path: &RelPath,
        mode: Mode,
        needed: u32,
    ) -> Result<Mode, IntakeError> {
        let opened = Mode::new(mode.bits() | needed);
        if opened == mode || matches!(self.purpose, Purpose::Verify) {
            return Ok(mode);
        }
        // It is no link, and nobody changes the directory any more.
        let follow = FchmodatFlags::FollowSymlink;
        fchmodat(dir, path.file_name(), bits(opened), follow)
            .map_err(self.root.at("change the mode of", path))?;
        Ok(opened)
    }

    /// Links are made anew: so none has attributes, or a second name.
    fn symlink(
        &mut self,
        dir: BorrowedFd<'_>,
        path: RelPath,
        stat: &FileStat,
    ) -> Result<(), IntakeError> {
        let (root, name) = (self.root, path.file_name());
        let target = readlinkat(dir, name).map_err(root.at("read", &path))?;
        let target = target.into_string().map_err(|_| IntakeError::NotUtf8 {
            path: root.full(&path),
            what: "its target",
        })?;
        match self.purpose {
            Purpose::TakeIn(_) => {
                unlinkat(dir, name, UnlinkatFlags::NoRemoveDir)
                    .map_err(root.at("remove", &path))?;
                make_symlink_in(dir, name, &target).map_err(root.at("make the link", &path))?;
            }
            Purpose::Verify if stat.st_nlink == 1 && is_timeless(stat) => {}
            Purpose::Verify => {
                let path = root.full(&path);
                return Err(IntakeError::Damaged { path });
            }
        }
        self.tree.push((path, Node::Symlink { target }));
        Ok(())
    }

    /// Refuses what no tree may hold; all of it at once, so that it is repaired at once.
    fn refuse(&mut self) -> Result<(), IntakeError> {
        if !self.special.is_empty() {
            self.special.sort_by(|a, b| a.path.cmp(&b.path));
            return Err(IntakeError::Special(std::mem::take(&mut self.special)));
        }
        if !self.undeclared.is_empty() {
            self.undeclared.sort();
            return Err(IntakeError::Setid(std::mem::take(&mut self.undeclared)));
        }
        Ok(())
    }

    fn into_tree(self) -> Result<Tree, IntakeError> {
        let hashed = hash_all(self.root, &self.jobs, self.purpose, self.stop)?;
        let files = self.jobs.into_iter().zip(hashed);
        let files = files.map(|(job, (size, hash))| {
            let mode = job.mode;
            (job.path, Node::File { mode, size, hash })
        });
        let mut entries: Vec<_> = self.tree.into_iter().chain(files).collect();
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut tree = Tree::new();
        for (path, node) in entries {
            if let Node::Dir { .. } = node {
                settle(self.root, Some(&path), self.purpose)?;
            }
            tree.insert(path, node)
                .expect("a directory holds a name once");
        }
        settle(self.root, None, self.purpose)?;
        Ok(tree)
    }
}

fn must_be_bare(dir: &std::fs::File, path: Utf8PathBuf) -> Result<(), IntakeError> {
    let carries = attribute::has_any(dir);
    match carries.map_err(io_error("read the attributes of", &path))? {
        true => Err(IntakeError::Damaged { path }),
        false => Ok(()),
    }
}

/// Sets the time of a directory that nothing is put into any more, or looks at it.
fn settle(root: &Root, path: Option<&RelPath>, purpose: Purpose<'_>) -> Result<(), IntakeError> {
    let dir = root.dir(path)?;
    let full = || root.full_or_own(path);
    let stat = nix::sys::stat::fstat(&dir).map_err(|error| io_error("examine", full())(error))?;
    match purpose {
        _ if is_timeless(&stat) => Ok(()),
        Purpose::TakeIn(_) => super::root::reset_time_of(&dir)
            .map_err(|error| io_error("set the time of", full())(error)),
        Purpose::Verify => Err(IntakeError::Damaged { path: full() }),
    }
}

/// The names in a directory.
fn names(dir: &std::fs::File, full: &Utf8Path) -> Result<Vec<Vec<u8>>, IntakeError> {
    let again = dir.try_clone().map_err(io_error("read", full))?;
    let mut entries = Dir::from_fd(again.into()).map_err(io_error("read", full))?;
    let mut names = Vec::new();
    for entry in entries.iter() {
        let entry = entry.map_err(io_error("read", full))?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

fn named(dir: Option<&RelPath>, name: &[u8], full: &Utf8Path) -> Result<RelPath, IntakeError> {
    let shown = || full.join(String::from_utf8_lossy(name).as_ref());
    let text = std::str::from_utf8(name).map_err(|_| IntakeError::NotUtf8 {
        path: shown(),
        what: "its name",
    })?;
    let name = RelPath::new(text).expect("the name of a file");
    let path = dir.map_or_else(|| name.clone(), |dir| dir.join(&name));
    if path.as_str().len() > LONGEST_PATH {
        let (path, longest) = (shown(), LONGEST_PATH);
        return Err(IntakeError::TooLong { path, longest });
    }
    Ok(path)
}

fn kind(stat: &FileStat) -> SFlag {
    SFlag::from_bits_truncate(stat.st_mode & SFlag::S_IFMT.bits())
}

fn is_timeless(stat: &FileStat) -> bool {
    (stat.st_mtime, stat.st_mtime_nsec) == (0, 0)
}

fn special(kind: SFlag) -> &'static str {
    match kind {
        SFlag::S_IFCHR => "a character device",
        SFlag::S_IFBLK => "a block device",
        SFlag::S_IFIFO => "a named pipe",
        SFlag::S_IFSOCK => "a socket",
        _ => "of a kind that is not known",
    }
}
