//! What is done about processes that did not come to their end.
//!
//! From the end of [`Store::open`] on, every object whose name is in the store is whole: it was there
//! at the last sync, or it was verified in this boot, or a process of this boot wrote all of it before
//! it got its name. So a name that is there can be trusted, and nothing lands over it.

use super::damage::Verification;
use super::io::remove_if_there;
use super::journal::{self, Remains};
use super::synced::{self, Synced};
use super::{Store, StoreError, durable};

impl Store {
    /// Makes up for what processes that are gone did not do. Where a machine lost power, waits until
    /// nobody uses the store, and drops what is not sound; says then what was found.
    pub(super) fn settle(&self) -> Result<Option<Verification>, StoreError> {
        if !self.finish_for_the_dead()? {
            return Ok(None);
        }
        let _alone = self.usage.wait_until_alone()?;
        // Whoever was alone before may have done it.
        if !self.finish_for_the_dead()? {
            return Ok(None);
        }
        self.recover().map(Some)
    }

    /// Syncs what processes of this boot that were killed had landed. Says whether there are marks of
    /// another boot.
    fn finish_for_the_dead(&self) -> Result<bool, StoreError> {
        let mut torn = false;
        for remains in Remains::all(&self.root, self.journal.boot())? {
            match remains.landed {
                Some(landed) => {
                    synced::sync(&self.root, &landed)?;
                    remove_if_there(&remains.path)?;
                }
                None => torn = true,
            }
        }
        Ok(torn)
    }

    /// Verifies everything that is not known to have been on the disk, drops what is not sound, and
    /// takes the marks away. Nobody else uses the store.
    fn recover(&self) -> Result<Verification, StoreError> {
        let synced = Synced::read(&self.root)?;
        let report = self.examine_all(&|object| !synced.vouches_for(object), &|_| {})?;
        // First of all these: what is not sound must not look as if it were, if this is killed.
        self.remove_damaged(&report.damages)?;
        self.trust_what_is_there()?;
        for remains in Remains::all(&self.root, self.journal.boot())? {
            remove_if_there(&remains.path)?;
        }
        durable::names(&journal::directory(&self.root))?;
        Ok(report)
    }

    /// Puts all objects on the list of those that are synced. All of them must be sound.
    pub(super) fn trust_what_is_there(&self) -> Result<(), StoreError> {
        let lines = synced::lines(&self.root, &self.objects()?);
        durable::everything(&self.root)?;
        Ok(synced::replace(&self.root, &self.run.fresh(), &lines)?)
    }
}
