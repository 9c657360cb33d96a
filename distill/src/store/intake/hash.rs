//! Files that are there already: hashed, several at a time.

use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::error::IntakeError;
use super::root::Root;
use super::workers;
use crate::plan::{Hash, Hasher, Mode, RelPath};

/// A file to hash.
pub(super) struct Job {
    pub(super) path: RelPath,
    pub(super) mode: Mode,
    pub(super) size: u64,
    /// Whether its time is the epoch already.
    pub(super) timeless: bool,
}

/// Bytes that one thread hashes before a second one is worth its start.
const ALONE: u64 = 1 << 20;
/// What a thread takes at once: files beside each other, of a directory.
const TAKEN: usize = 32;

/// The size and hash of every file, in the order of `jobs`; their times become the epoch.
pub(super) fn hash_all(root: &Root, jobs: &[Job]) -> Result<Vec<(u64, Hash)>, IntakeError> {
    let bytes: u64 = jobs.iter().map(|job| job.size).sum();
    let threads = if bytes < ALONE {
        1
    } else {
        workers().min(jobs.len())
    };
    let next = AtomicUsize::new(0);
    let work = || hash_some(root, jobs, &next);
    let parts = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut parts = vec![work()];
        for other in others {
            parts.push(
                other
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            );
        }
        parts
    });
    let mut hashed = Vec::with_capacity(jobs.len());
    for part in parts {
        hashed.extend(part?);
    }
    hashed.sort_by_key(|(index, _)| *index);
    Ok(hashed.into_iter().map(|(_, hashed)| hashed).collect())
}

type Numbered = (usize, (u64, Hash));

fn hash_some(root: &Root, jobs: &[Job], next: &AtomicUsize) -> Result<Vec<Numbered>, IntakeError> {
    let (mut done, mut buffer) = (Vec::new(), vec![0; 128 << 10]);
    loop {
        let start = next.fetch_add(TAKEN, Ordering::Relaxed);
        let end = jobs.len().min(start + TAKEN);
        if start >= end {
            return Ok(done);
        }
        for (index, job) in (start..end).zip(&jobs[start..end]) {
            done.push((index, hash_file(root, job, &mut buffer)?));
        }
    }
}

fn hash_file(root: &Root, job: &Job, buffer: &mut [u8]) -> Result<(u64, Hash), IntakeError> {
    let mut file = root.open_file(&job.path)?;
    let (mut hasher, mut size) = (Hasher::new(), 0);
    loop {
        let count = match file.read(buffer) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            read => read.map_err(root.at("read", &job.path))?,
        };
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
        size += count as u64;
    }
    if !job.timeless {
        root.seal_file(&job.path, &file, job.mode)?;
    }
    Ok((size, hasher.finish()))
}
