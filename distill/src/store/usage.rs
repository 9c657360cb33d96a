//! Who uses a store: many may at once, but what removes things from it wants to be alone.

use std::fs::File;

use camino::Utf8Path;
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use super::error::StoreError;
use super::io::{At as _, IoError};

/// A shared lock, held as long as the store is open.
///
/// Where others begin before the last ones have ended, it is never free. So there is a door before it: everybody goes
/// through it who opens the store, and whoever wants to be alone and waits for that holds it shut meanwhile.
#[derive(Debug)]
pub(super) struct Usage(Flock<File>);

/// Locks a file below `locks`, which is made if need be.
fn lock(root: &Utf8Path, name: &str, how: FlockArg) -> Result<Flock<File>, IoError> {
    let path = root.join("locks").join(name);
    let file = File::options()
        .create(true)
        .append(true)
        .open(&path)
        .at("create", &path)?;
    let lock = Flock::lock(file, how).map_err(|(_, errno)| errno);
    lock.at("lock", &path)
}

impl Usage {
    /// Waits while somebody removes things.
    pub(super) fn begin(root: &Utf8Path) -> Result<Usage, IoError> {
        let _through = lock(root, "door", FlockArg::LockShared)?;
        Ok(Usage(lock(root, "store", FlockArg::LockShared)?))
    }
}

/// The right to remove things from a store; nobody else can open it meanwhile.
#[derive(Debug)]
pub struct Exclusive<'a>(&'a Usage);

impl Drop for Exclusive<'_> {
    fn drop(&mut self) {
        let _ = self.0.share();
    }
}

impl Usage {
    /// Takes the store in `root` for this process alone, unless others use it.
    pub(super) fn exclusive(&self, root: &Utf8Path) -> Result<Exclusive<'_>, StoreError> {
        match self.0.relock(FlockArg::LockExclusiveNonblock) {
            Ok(()) => Ok(Exclusive(self)),
            Err(Errno::EWOULDBLOCK) => {
                // What was held is gone when the change of it fails (flock(2)).
                self.share().at("lock", root)?;
                let path = root.to_owned();
                Err(StoreError::Busy { path })
            }
            Err(errno) => Err(errno).at("lock", root)?,
        }
    }

    /// The same, but waits for its turn: until those have ended who use the store, while nobody begins.
    pub(super) fn exclusive_in_turn(&self, root: &Utf8Path) -> Result<Exclusive<'_>, StoreError> {
        let _shut = lock(root, "door", FlockArg::LockExclusive)?;
        let locked = self.0.relock(FlockArg::LockExclusive);
        locked.at("lock", root)?;
        Ok(Exclusive(self))
    }

    /// Waits until nobody else has the store open; until the result is dropped, nobody can open it.
    pub(super) fn wait_until_alone(&self) -> Result<Alone<'_>, IoError> {
        // The shared lock is given up meanwhile (flock(2)): of several who wait, one goes first.
        let locked = self.0.relock(FlockArg::LockExclusive);
        locked.at("lock", "locks/store")?;
        Ok(Alone(self))
    }

    fn share(&self) -> nix::Result<()> {
        self.0.relock(FlockArg::LockShared)
    }
}

/// A store that nobody else has open.
pub(super) struct Alone<'a>(&'a Usage);

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        let _ = self.0.share();
    }
}
