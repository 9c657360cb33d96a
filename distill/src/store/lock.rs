//! One builder a plan, among all processes that use the store.

use std::fs::File;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use super::Store;
use super::io::{At as _, IoError};
use crate::plan::PlanHash;

/// The right to build a plan; given back when dropped.
#[derive(Debug)]
pub struct PlanLock(#[allow(dead_code, reason = "held, not read")] Flock<File>);

/// How often a process that waits looks again. Short against a build, long against a system call.
const INTERVAL: Duration = Duration::from_millis(50);

impl Store {
    /// Takes the lock on `plan`. Calls `waiting` once if another process holds it, and gives up when
    /// `cancelled` says so.
    pub fn lock(
        &self,
        plan: &PlanHash,
        waiting: impl FnOnce(),
        cancelled: impl Fn() -> bool,
    ) -> Result<Option<PlanLock>, IoError> {
        let path = self.root.join("locks").join(plan.to_string());
        let file = File::options().append(true).create(true).open(&path);
        let mut file = file.at("create", &path)?;
        let mut waiting = Some(waiting);
        while !cancelled() {
            file = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
                Ok(lock) => return Ok(Some(PlanLock(lock))),
                Err((file, Errno::EWOULDBLOCK)) => file,
                Err((_, e)) => return Err(e).at("lock", &path),
            };
            if let Some(waiting) = waiting.take() {
                waiting();
            }
            std::thread::sleep(INTERVAL);
        }
        Ok(None)
    }
}
