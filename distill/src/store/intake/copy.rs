//! Trees made of files that other trees of the store have.

use std::collections::HashMap;
use std::fs::File;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::atomic::AtomicBool;

use camino::{Utf8Path, Utf8PathBuf};

use super::contents::{self, PIECE};
use super::descend::{Locked, open_dir, open_file_in};
use super::error::{IntakeError, io_error};
use super::hashed::HashedTree;
use super::parallel::in_parallel;
use super::root::Root;
use super::stored::StoredTree;
use super::workers;
use crate::plan::{Hash, Hasher, Mode, Node, RelPath, Tree};

/// Where a file's bytes lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// A tree of the store.
    pub tree: Utf8PathBuf,
    /// The file in it.
    pub path: RelPath,
}

/// Makes `manifest` real in `dir`, which is made, or is empty, of files that `from` finds in trees of the
/// store.
///
/// Files that trees have in common share no inode: a build would see how many names a file has, and that
/// depends on what else is in the store. They share their blocks where the file system can
/// (`FICLONE`), and are copied where it cannot. All bytes are hashed on the way, so that damage in one tree
/// does not get into another.
pub fn copy_tree(
    manifest: &Tree,
    from: impl Fn(&RelPath) -> Origin,
    dir: &Utf8Path,
    stop: &AtomicBool,
) -> Result<HashedTree, IntakeError> {
    let root = Root::create(dir)?;
    let mut jobs = Vec::new();
    for (path, node) in manifest.iter() {
        match node {
            Node::Dir { .. } => root.make_dir(path)?,
            Node::Symlink { target } => root.make_symlink(path, target)?,
            Node::File { mode, size, hash } => jobs.push(Job {
                to: path,
                from: from(path),
                mode: *mode,
                size: *size,
                hash: *hash,
            }),
        }
    }
    // Neighbours come one after the other, so that directories are opened seldom.
    jobs.sort_by_cached_key(|job| {
        (
            job.to.parent(),
            job.from.tree.clone(),
            job.from.path.parent(),
        )
    });
    copy_all(&root, &jobs, stop)?;
    root.seal_dirs(manifest)?;
    Ok(HashedTree::new(dir, manifest.clone()))
}

/// A file to copy.
struct Job<'a> {
    to: &'a RelPath,
    from: Origin,
    mode: Mode,
    size: u64,
    hash: Hash,
}

/// Few files are copied before a second thread has begun.
const ALONE: usize = 64;

fn copy_all(root: &Root, jobs: &[Job<'_>], stop: &AtomicBool) -> Result<(), IntakeError> {
    let mut trees = HashMap::new();
    for job in jobs {
        let tree = &job.from.tree;
        if !trees.contains_key(tree.as_path()) {
            trees.insert(tree.as_path(), StoredTree::open(tree)?);
        }
    }
    let threads = if jobs.len() < ALONE { 1 } else { workers() };
    in_parallel(jobs, threads, |part| {
        let mut copying = Copying {
            root,
            trees: &trees,
            stop,
            buffer: vec![0; PIECE],
            source: None,
            target: None,
        };
        part.iter().try_for_each(|job| copying.file(job))
    })?;
    Ok(())
}

/// One thread's work.
struct Copying<'a> {
    root: &'a Root,
    trees: &'a HashMap<&'a Utf8Path, StoredTree>,
    stop: &'a AtomicBool,
    buffer: Vec<u8>,
    /// The directories of the last file: those of the next one, most of the time.
    source: Option<(&'a Utf8Path, Option<RelPath>, File)>,
    target: Option<(Option<RelPath>, File)>,
}

impl<'a> Copying<'a> {
    fn file(&mut self, job: &'a Job<'a>) -> Result<(), IntakeError> {
        let (source, target) = (self.source(job)?, self.target(job)?);
        let copied = self.file_between(source.2.as_fd(), target.1.as_fd(), job);
        (self.source, self.target) = (Some(source), Some(target));
        copied
    }

    fn source(
        &mut self,
        job: &'a Job<'a>,
    ) -> Result<(&'a Utf8Path, Option<RelPath>, File), IntakeError> {
        let (tree, parent) = (job.from.tree.as_path(), job.from.path.parent());
        match self.source.take() {
            Some(last) if last.0 == tree && last.1 == parent => Ok(last),
            _ => {
                let dir = open_dir(self.trees[tree].as_fd(), parent.as_ref(), Locked::Refuse);
                let dir = dir.map_err(|error| io_error("open", full(&job.from))(error))?;
                Ok((tree, parent, dir))
            }
        }
    }

    fn target(&mut self, job: &Job<'_>) -> Result<(Option<RelPath>, File), IntakeError> {
        let parent = job.to.parent();
        match self.target.take() {
            Some(last) if last.0 == parent => Ok(last),
            _ => {
                let dir = self.root.dir(parent.as_ref())?;
                Ok((parent, dir))
            }
        }
    }

    fn file_between(
        &mut self,
        source: BorrowedFd<'_>,
        target: BorrowedFd<'_>,
        job: &Job<'_>,
    ) -> Result<(), IntakeError> {
        let (root, damaged) = (self.root, || IntakeError::Damaged {
            path: full(&job.from),
        });
        let from = open_file_in(source, job.from.path.file_name(), Locked::Refuse);
        let from = from.map_err(|error| io_error("open", full(&job.from))(error))?;
        let meta = from.metadata();
        if meta
            .map_err(|error| io_error("examine", full(&job.from))(error))?
            .len()
            != job.size
        {
            return Err(damaged());
        }
        let to = root.create_file_in(target, job.to, job.mode)?;
        let mut hasher = Hasher::new();
        contents::copy(
            (&from, &to),
            job.size,
            &mut hasher,
            &mut self.buffer,
            self.stop,
        )
        .map_err(|fault| fault.at(full(&job.from), root.full(job.to)))?;
        if hasher.finish() != job.hash {
            return Err(damaged());
        }
        root.seal_file(job.to, &to, job.mode)
    }
}

fn full(origin: &Origin) -> Utf8PathBuf {
    origin.path.under(&origin.tree)
}
