//! Many files, several at a time.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::Builder;

use super::error::IntakeError;
use super::workers;

/// What a thread takes at once: files beside each other, of a directory.
const TAKEN: usize = 32;

/// Lets `threads` work on `jobs`, some neighbours at a time, and gives what came of each part, in the
/// order of the jobs. The first error ends the work of all.
pub(super) fn in_parallel<J: Sync, T: Send>(
    jobs: &[J],
    threads: usize,
    work: impl Fn(&[J]) -> Result<T, IntakeError> + Sync,
) -> Result<Vec<T>, IntakeError> {
    let parts: Vec<&[J]> = jobs.chunks(TAKEN).collect();
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let done = Mutex::new(Vec::with_capacity(parts.len()));
    let run = || {
        while !failed.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(part) = parts.get(index) else { break };
            let result = work(part);
            failed.fetch_or(result.is_err(), Ordering::Relaxed);
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            done.push((index, result));
        }
    };
    std::thread::scope(|scope| {
        let threads = threads.clamp(1, workers()).min(parts.len().max(1));
        // Where no more threads can be had, fewer do all of it.
        (1..threads).for_each(|_| drop(Builder::new().spawn_scoped(scope, run)));
        run();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}
