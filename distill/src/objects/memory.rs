//! Contents and records in memory: for tests, and to see how little a backend has to do.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::backend::Backend;
use super::content::Content;
use super::contents::{Contents, Outgoing};
use super::error::BackendError;
use super::found::Found;
use super::record::Record;
use super::records::{Answer, Records};
use crate::plan::{Digest, PlanHash, Resolved};

/// Contents and records that end with the process.
#[derive(Debug, Default)]
pub struct Memory {
    contents: Mutex<BTreeMap<Digest, Vec<u8>>>,
    records: Mutex<BTreeMap<PlanHash, Record>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Memory {
    /// Forgets the bytes of a content.
    pub fn lose(&self, digest: &Digest) {
        lock(&self.contents).remove(digest);
    }

    /// The digests of all contents, sorted.
    pub fn digests(&self) -> Vec<Digest> {
        lock(&self.contents).keys().copied().collect()
    }
}

impl Backend for Memory {
    fn name(&self) -> String {
        "memory".to_owned()
    }
}

impl Contents for Memory {
    fn missing(&self, wanted: &[Content]) -> Result<BTreeSet<Content>, BackendError> {
        let contents = lock(&self.contents);
        let is_missing = |content: &&Content| !contents.contains_key(&content.digest);
        Ok(wanted.iter().filter(is_missing).copied().collect())
    }

    fn read(&self, wanted: &[Content]) -> Result<BTreeMap<Content, Found>, BackendError> {
        let contents = lock(&self.contents);
        let found = |content: &Content| {
            let bytes = contents.get(&content.digest)?.clone();
            Some((*content, Found::Bytes(Box::new(Cursor::new(bytes)))))
        };
        Ok(wanted.iter().filter_map(found).collect())
    }

    fn write(&self, contents: Vec<Outgoing<'_>>) -> Result<(), BackendError> {
        for Outgoing { content, open } in contents {
            let unread = |source| BackendError::Unread { content, source };
            let mut bytes = Vec::new();
            let mut from = open().map_err(unread)?;
            from.read_to_end(&mut bytes).map_err(unread)?;
            content.check_bytes(&bytes)?;
            lock(&self.contents).insert(content.digest, bytes);
        }
        Ok(())
    }
}

impl Records for Memory {
    fn look_up(&self, plans: &[PlanHash]) -> Result<BTreeMap<PlanHash, Answer>, BackendError> {
        let records = lock(&self.records);
        let known = |plan: &PlanHash| Some((*plan, Answer::Record(records.get(plan)?.clone())));
        Ok(plans.iter().filter_map(known).collect())
    }

    fn record(&self, records: &[(&Resolved, &Record)]) -> Result<(), BackendError> {
        let mut kept = lock(&self.records);
        let filed = |(plan, record): &(&Resolved, &Record)| (plan.hash(), (*record).clone());
        kept.extend(records.iter().map(filed));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::conformance;
    use super::*;

    #[test]
    fn it_is_what_a_backend_has_to_be() {
        conformance::contents(Memory::default);
        conformance::records(Memory::default);
    }
}
