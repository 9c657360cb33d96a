//! Files that are there already: made fit for the store, or only looked at, and hashed.

use std::fs::File;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use nix::errno::Errno;
use nix::fcntl::{OFlag, openat, renameat};
use nix::sys::stat::{Mode as Bits, fstat};

use super::attribute;
use super::contents::{self, PIECE};
use super::descend::{Locked, open_file_in};
use super::error::IntakeError;
use super::parallel::in_parallel;
use super::root::{Root, seal};
use super::workers;
use crate::plan::{Hash, Hasher, Mode, PathSet, RelPath};

/// What a directory is read for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose<'a> {
    /// It is made fit for the store; these paths may be set-user-id or set-group-id.
    TakeIn(&'a PathSet),
    /// It is in the store: nothing is changed, and what is not fit is damaged.
    Verify,
}

/// A file to hash.
pub(super) struct Job {
    pub(super) path: RelPath,
    pub(super) mode: Mode,
    pub(super) size: u64,
}

/// Bytes that one thread hashes before a second one is worth its start.
const ALONE: u64 = 1 << 20;

/// The size and hash of every file, in the order of `jobs`. If they are taken in, each is a file of its
/// own then, and its time is the epoch.
pub(super) fn hash_all(
    root: &Root,
    jobs: &[Job],
    purpose: Purpose<'_>,
    stop: &AtomicBool,
) -> Result<Vec<(u64, Hash)>, IntakeError> {
    let bytes: u64 = jobs.iter().map(|job| job.size).sum();
    let threads = if bytes < ALONE { 1 } else { workers() };
    let parts = in_parallel(jobs, threads, |part| {
        let mut hashing = Hashing {
            root,
            purpose,
            stop,
            buffer: vec![0; PIECE],
            dir: None,
        };
        part.iter()
            .map(|job| hashing.file(job))
            .collect::<Result<Vec<_>, _>>()
    })?;
    Ok(parts.into_iter().flatten().collect())
}

/// One thread's work.
struct Hashing<'a> {
    root: &'a Root,
    purpose: Purpose<'a>,
    stop: &'a AtomicBool,
    buffer: Vec<u8>,
    /// The directory of the last file: that of the next one, most of the time.
    dir: Option<(Option<RelPath>, File)>,
}

impl Hashing<'_> {
    fn file(&mut self, job: &Job) -> Result<(u64, Hash), IntakeError> {
        let parent = job.path.parent();
        let dir = match self.dir.take() {
            Some((path, dir)) if path == parent => dir,
            _ => self.root.dir(parent.as_ref())?,
        };
        let hashed = self.file_in(dir.as_fd(), job);
        self.dir = Some((parent, dir));
        hashed
    }

    fn file_in(&mut self, dir: BorrowedFd<'_>, job: &Job) -> Result<(u64, Hash), IntakeError> {
        let (root, path) = (self.root, &job.path);
        let file = open_file_in(dir, path.file_name(), Locked::Refuse);
        let file = file.map_err(root.at("open", path))?;
        let stat = fstat(&file).map_err(root.at("examine", path))?;
        let size = u64::try_from(stat.st_size).unwrap_or_default();
        match self.purpose {
            Purpose::Verify => self.must_be_fit(&file, &stat, path)?,
            Purpose::TakeIn(_) => {
                attribute::strip(&file).map_err(root.at("drop the attributes of", path))?;
                if stat.st_nlink > 1 {
                    return Ok((size, self.own(dir, &file, size, job)?));
                }
            }
        }
        let mut hasher = Hasher::new();
        contents::hash(&file, size, &mut hasher, &mut self.buffer, self.stop)
            .map_err(|fault| fault.at(root.full(path), root.full(path)))?;
        if let Purpose::TakeIn(_) = self.purpose {
            root.seal_file(path, &file, job.mode)?;
        }
        Ok((size, hasher.finish()))
    }

    fn must_be_fit(
        &self,
        file: &File,
        stat: &nix::sys::stat::FileStat,
        path: &RelPath,
    ) -> Result<(), IntakeError> {
        let alone = stat.st_nlink == 1 && (stat.st_mtime, stat.st_mtime_nsec) == (0, 0);
        let carries = attribute::has_any(file);
        if alone && !carries.map_err(self.root.at("read the attributes of", path))? {
            return Ok(());
        }
        let path = self.root.full(path);
        Err(IntakeError::Damaged { path })
    }

    /// Puts a copy into the place of a file that has other names, too: what is taken in shares its bytes
    /// with no other file, be it in this tree or outside of it.
    fn own(
        &mut self,
        dir: BorrowedFd<'_>,
        file: &File,
        size: u64,
        job: &Job,
    ) -> Result<Hash, IntakeError> {
        let (root, path) = (self.root, &job.path);
        let (name, copy) = create_beside(dir).map_err(root.at("copy", path))?;
        attribute::strip(&copy).map_err(root.at("drop the attributes of", path))?;
        let mut hasher = Hasher::new();
        contents::copy(
            (file, &copy),
            size,
            &mut hasher,
            &mut self.buffer,
            self.stop,
        )
        .map_err(|fault| fault.at(root.full(path), root.full(path)))?;
        seal(&copy, job.mode).map_err(root.at("change the mode of", path))?;
        renameat(dir, name.as_str(), dir, path.file_name()).map_err(root.at("replace", path))?;
        Ok(hasher.finish())
    }
}

/// A new file in `dir`, under a name that nothing has.
fn create_beside(dir: BorrowedFd<'_>) -> nix::Result<(String, File)> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let flags =
        OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    loop {
        let name = format!(".copy-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        match openat(dir, name.as_str(), flags, Bits::S_IRUSR | Bits::S_IWUSR) {
            Err(Errno::EEXIST) => {}
            opened => return Ok((name, File::from(opened?))),
        }
    }
}
