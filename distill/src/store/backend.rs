//! The store as a place that others can ask: its blobs and the nodes of its trees by their digest, and its records.
//!
//! Files of trees are not found by their digest: they lie in their trees, under their names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read as _, Write as _};

use camino::{Utf8Path, Utf8PathBuf};

use super::intake::{HashedFile, NEVER};
use super::io::remove_if_there;
use super::{Store, StoreError};
use crate::objects::{
    Answer, Backend, BackendError, Content, Contents, Found, Outgoing, Record, Records,
};
use crate::plan::{Digest, Object, PlanHash, Resolved};

impl Backend for Store {
    fn name(&self) -> String {
        self.root.to_string()
    }
}

impl Contents for Store {
    fn missing(&self, wanted: &[Content]) -> Result<BTreeSet<Content>, BackendError> {
        let is_missing = |content: &&Content| self.find(content).is_none();
        Ok(wanted.iter().filter(is_missing).copied().collect())
    }

    fn read(&self, wanted: &[Content]) -> Result<BTreeMap<Content, Found>, BackendError> {
        let found = |content: &Content| Some((*content, Found::File(self.find(content)?)));
        Ok(wanted.iter().filter_map(found).collect())
    }

    fn write(&self, contents: Vec<Outgoing<'_>>) -> Result<(), BackendError> {
        contents.into_iter().try_for_each(|one| self.take(one))
    }
}

impl Store {
    /// The file that has these bytes.
    fn find(&self, content: &Content) -> Option<Utf8PathBuf> {
        let blob = self.blob_path(&content.digest);
        if blob.exists() {
            return Some(blob);
        }
        let Digest::Blake2b(hash) = content.digest else {
            return None;
        };
        Some(self.node_path(&hash)).filter(|node| node.exists())
    }

    /// Lands one blob, by way of a temporary file.
    fn take(&self, outgoing: Outgoing<'_>) -> Result<(), BackendError> {
        let content = outgoing.content;
        if self.has(&Object::Blob(content.digest)) {
            return Ok(());
        }
        let temporary = self.temp_path();
        let landed = write(outgoing, &temporary).and_then(|()| {
            let file = HashedFile::hash(temporary.clone(), content.digest.hasher(), &NEVER);
            let landed = file.map_err(StoreError::from);
            let landed = landed.and_then(|file| self.land_blob(&file));
            landed.map(drop).map_err(|error| other(&error))
        });
        if landed.is_err() {
            let _ = remove_if_there(&temporary);
        }
        landed
    }
}

/// Writes bytes to a new file, and refuses those that are others than they should be.
fn write(outgoing: Outgoing<'_>, to: &Utf8Path) -> Result<(), BackendError> {
    let Outgoing { content, open } = outgoing;
    let unread = |source| BackendError::Unread { content, source };
    let unwritten = |source| BackendError::Io {
        path: to.to_owned(),
        source,
    };
    let mut from = open().map_err(unread)?;
    let mut file = File::create_new(to).map_err(unwritten)?;
    let (mut check, mut buffer) = (content.check(), vec![0; 128 * 1024]);
    loop {
        let count = from.read(&mut buffer).map_err(unread)?;
        if count == 0 {
            return check.finish();
        }
        check.update(&buffer[..count]);
        file.write_all(&buffer[..count]).map_err(unwritten)?;
    }
}

/// What the store says, with its causes.
fn other(error: &dyn std::error::Error) -> BackendError {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let text = causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"));
    BackendError::Other(text)
}

impl Records for Store {
    fn look_up(&self, plans: &[PlanHash]) -> Result<BTreeMap<PlanHash, Answer>, BackendError> {
        let mut known = BTreeMap::new();
        for plan in plans {
            let record = self.record(plan).map_err(|error| other(&error))?;
            known.extend(record.map(|record| (*plan, Answer::Record(record))));
        }
        Ok(known)
    }

    fn record(&self, records: &[(&Resolved, &Record)]) -> Result<(), BackendError> {
        for (plan, record) in records {
            let written = self.write_record(plan, record);
            written.map_err(|error| other(&error))?;
        }
        Ok(())
    }
}
