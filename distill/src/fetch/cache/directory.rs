//! A cache in a directory, also the form in which sources travel to a machine without a network.
//!
//! ```text
//! distill-cache             the format: "2\n"
//! blobs/sha256/<hex>        bytes, by digest: sources, outputs, nodes of trees and their files
//! blobs/blake2b/<base64>
//! outputs/<plan hash>       what a plan made: a record
//! tmp/                      what is being written
//! ```
//! Files are written in `tmp/`, each under a name that no other process uses, and renamed, so several
//! processes may write to one cache, also from containers and other machines, and a server that serves the directory is a cache for others ([`Key::path`]).

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};

use camino::{Utf8Path, Utf8PathBuf};

use super::Key;
use crate::objects::{
    Answer, Backend, BackendError, Content, Contents, Found, Outgoing, Record, Records,
};
use crate::plan::{Digest, PlanHash, Resolved};
use crate::unique;

const MARKER: &str = "distill-cache";
const VERSION: &str = "2\n";

/// A cache in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryCache {
    root: Utf8PathBuf,
}

fn io_error(path: &Utf8Path) -> impl FnOnce(io::Error) -> BackendError {
    let path = path.to_owned();
    |source| BackendError::Io { path, source }
}

impl DirectoryCache {
    /// Opens a cache that is there.
    pub fn open(root: impl Into<Utf8PathBuf>) -> Result<DirectoryCache, BackendError> {
        let root = root.into();
        let marker = root.join(MARKER);
        let format = |why| BackendError::Format {
            path: root.clone(),
            why,
        };
        match fs::read_to_string(&marker) {
            Ok(version) if version == VERSION => Ok(DirectoryCache { root }),
            Ok(version) => Err(format(format!(
                "it has the version `{}`, this program knows `{}`",
                version.trim(),
                VERSION.trim()
            ))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(format(format!("there is no file `{MARKER}` in it")))
            }
            Err(error) => Err(io_error(&marker)(error)),
        }
    }

    /// Opens a cache, or makes an empty one where nothing is, or an empty directory.
    pub fn create(root: impl Into<Utf8PathBuf>) -> Result<DirectoryCache, BackendError> {
        let root = root.into();
        fs::create_dir_all(&root).map_err(io_error(&root))?;
        let mut entries = fs::read_dir(&root).map_err(io_error(&root))?;
        if entries.next().is_none() {
            let marker = root.join(MARKER);
            fs::write(&marker, VERSION).map_err(io_error(&marker))?;
        }
        DirectoryCache::open(root)
    }

    /// Where it is.
    pub fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// The digests of all blobs, sorted.
    pub fn blobs(&self) -> Result<Vec<Digest>, BackendError> {
        let mut digests = Vec::new();
        for kind in ["blake2b", "sha256"] {
            let dir = self.root.join("blobs").join(kind);
            let entries = match fs::read_dir(&dir) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                entries => entries.map_err(io_error(&dir))?,
            };
            for entry in entries {
                let name = entry.map_err(io_error(&dir))?.file_name();
                // Other files may lie there, such as an editor's or a file manager's.
                digests.extend(format!("{kind}:{}", name.to_string_lossy()).parse::<Digest>());
            }
        }
        digests.sort();
        Ok(digests)
    }

    /// A new file that no other process has open: what two of them wrote to one file would be filed
    /// under the keys of both.
    fn temporary(&self) -> Result<(Utf8PathBuf, File), BackendError> {
        let dir = self.root.join("tmp");
        fs::create_dir_all(&dir).map_err(io_error(&dir))?;
        unique::create_file(&dir, "").map_err(io_error(&dir))
    }
}

impl DirectoryCache {
    /// Puts bytes where their digest says. What is there already is left alone, unless it is empty, as a
    /// power cut leaves files.
    fn put(&self, outgoing: Outgoing<'_>) -> Result<(), BackendError> {
        let Outgoing { content, open } = outgoing;
        let path = self.place(&Key::Blob(content.digest));
        if path.metadata().is_ok_and(|there| there.len() > 0) {
            return Ok(());
        }
        let unread = |source| BackendError::Unread { content, source };
        let mut from = open().map_err(unread)?;
        self.file(&path, |to, temporary| {
            let (mut check, mut buffer) = (content.check(), vec![0; 128 * 1024]);
            loop {
                let count = from.read(&mut buffer).map_err(unread)?;
                if count == 0 {
                    return check.finish();
                }
                let part = &buffer[..count];
                check.update(part);
                to.write_all(part).map_err(io_error(temporary))?;
            }
        })
    }

    /// Writes a file, which comes to lie at `path` when it is whole.
    fn file(
        &self,
        path: &Utf8Path,
        write: impl FnOnce(&mut File, &Utf8Path) -> Result<(), BackendError>,
    ) -> Result<(), BackendError> {
        let (temporary, mut to) = self.temporary()?;
        let filed = write(&mut to, &temporary).and_then(|()| {
            let parent = path.parent().unwrap_or(&self.root);
            fs::create_dir_all(parent).map_err(io_error(parent))?;
            fs::rename(&temporary, path).map_err(io_error(path))
        });
        if filed.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        filed
    }

    fn place(&self, key: &Key) -> Utf8PathBuf {
        self.root.join(key.path())
    }

    fn find(&self, key: &Key) -> Result<Option<Utf8PathBuf>, BackendError> {
        let path = self.place(key);
        match path.try_exists() {
            Ok(true) => Ok(Some(path)),
            Ok(false) => Ok(None),
            Err(error) => Err(io_error(&path)(error)),
        }
    }
}

impl Backend for DirectoryCache {
    fn name(&self) -> String {
        self.root.to_string()
    }
}

impl Contents for DirectoryCache {
    fn missing(&self, wanted: &[Content]) -> Result<BTreeSet<Content>, BackendError> {
        let mut missing = BTreeSet::new();
        for content in wanted {
            if self.find(&Key::Blob(content.digest))?.is_none() {
                missing.insert(*content);
            }
        }
        Ok(missing)
    }

    fn read(&self, wanted: &[Content]) -> Result<BTreeMap<Content, Found>, BackendError> {
        let mut found = BTreeMap::new();
        for content in wanted {
            if let Some(path) = self.find(&Key::Blob(content.digest))? {
                found.insert(*content, Found::File(path));
            }
        }
        Ok(found)
    }

    fn write(&self, contents: Vec<Outgoing<'_>>) -> Result<(), BackendError> {
        contents.into_iter().try_for_each(|one| self.put(one))
    }
}

impl Records for DirectoryCache {
    fn look_up(&self, plans: &[PlanHash]) -> Result<BTreeMap<PlanHash, Answer>, BackendError> {
        let mut known = BTreeMap::new();
        for plan in plans {
            if let Some(path) = self.find(&Key::Output(*plan))? {
                known.insert(*plan, Answer::Encoded(Found::File(path)));
            }
        }
        Ok(known)
    }

    fn record(&self, records: &[(&Resolved, &Record)]) -> Result<(), BackendError> {
        for (plan, record) in records {
            let hash = plan.hash();
            let bytes = record.encode(&hash);
            self.file(&self.place(&Key::Output(hash)), |to, temporary| {
                to.write_all(&bytes).map_err(io_error(temporary))
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
