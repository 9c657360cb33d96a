//! The entry: everything that one run fetches goes through one [`Fetcher`].

use std::fs::{self, File};
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::address::{Address, Shown};
use super::arrival::{Arrival, Destination};
use super::cache::{Cache, CachedOutput, CachedTree, Found, Key};
use super::download::Download;
use super::error::{Attempt, FetchError, Reason};
use super::http::{Resume, Trust};
use super::lock::Lock;
use super::partial::{Partial, stem};
use super::place::{self, Place};
use super::progress::Progress;
use super::settings::Settings;
use super::shared::Shared;
use super::stop::Stop;
use crate::plan::{Digest, Hash, Object, Origin, PlanHash, Source, Tree};

/// No record of an output is longer.
const LONGEST_OUTPUT: u64 = 1024;

/// No manifest is longer: it is the size of one with two million entries.
const LONGEST_MANIFEST: u64 = 512 * 1024 * 1024;

/// Fetches sources, and what caches hold. Shared by all threads of a run: it remembers what failed.
#[derive(Debug)]
pub struct Fetcher {
    shared: Shared,
}

impl Fetcher {
    /// A fetcher that has not done anything yet; it opens no file and no connection.
    pub fn new(settings: Settings) -> Fetcher {
        let shared = Shared::new(settings);
        Fetcher { shared }
    }

    /// What it was made with.
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// Brings the bytes of `source` to `destination`, unless they are there.
    ///
    /// One thread and one process at a time fetch one digest, and others wait for it. A digest that
    /// failed is not tried again by this fetcher: the same error comes back at once. Setting
    /// `cancel` ends it within a fraction of a second; what was downloaded is kept for the next run.
    pub fn fetch(
        &self,
        source: &Source,
        destination: &dyn Destination,
        cancel: &AtomicBool,
        progress: &dyn Progress,
    ) -> Result<Arrival, FetchError> {
        if destination.has(&source.digest) {
            return Ok(Arrival::Present);
        }
        let slot = self.shared.flights.enter(source.digest, cancel, progress)?;
        let arrival = self.fetch_alone(source, destination, cancel, progress);
        if let Err(error @ FetchError::Unavailable { .. }) = &arrival {
            slot.fail(error);
        }
        arrival
    }

    /// Whether the bytes of `source` may be had without the network: a cache or an origin on this
    /// machine has them, if it has the right ones.
    pub fn is_at_hand(&self, source: &Source) -> bool {
        let key = Key::Blob(source.digest);
        let cached = |cache: &Arc<dyn Cache>| {
            matches!(cache.find(&key), Ok(Some(Found::Bytes(_) | Found::File(_))))
        };
        let here = |origin: &Origin| matches!(origin, Origin::File(path) if path.exists());
        self.shared.settings.caches.iter().any(cached) || source.origins.iter().any(here)
    }

    fn fetch_alone(
        &self,
        source: &Source,
        destination: &dyn Destination,
        cancel: &AtomicBool,
        progress: &dyn Progress,
    ) -> Result<Arrival, FetchError> {
        let dir = &self.shared.settings.partial_dir;
        fs::create_dir_all(dir).map_err(|error| FetchError::disk(dir, error))?;
        let lock = stem(dir, &source.digest).with_extension("lock");
        let _lock = Lock::take(lock, cancel, progress)?;
        if destination.has(&source.digest) {
            return Ok(Arrival::Present);
        }
        let partial = Partial::open(dir, source.digest);
        let partial = partial.map_err(|error| FetchError::disk(dir, error))?;
        let (from, partial) =
            Download::new(&self.shared, source, partial, cancel, progress).run()?;
        progress.finished(partial.len());
        let bytes = partial.len();
        let kept = destination.keep(&source.digest, partial.path());
        kept.map_err(|error| FetchError::keep(source, error))?;
        partial
            .remove()
            .map_err(|error| FetchError::disk(dir, error))?;
        Ok(Arrival::Fetched { from, bytes })
    }

    /// What `plan` made, if a cache knows. Caches that fail are reported to `progress`.
    pub fn output(
        &self,
        plan: &PlanHash,
        cancel: &AtomicBool,
        progress: &dyn Progress,
    ) -> Option<CachedOutput> {
        self.in_caches(progress, |cache| {
            let Some(bytes) = self.open(cache, &Key::Output(*plan), cancel)? else {
                return Ok(None);
            };
            let text = String::from_utf8(read_all(bytes, LONGEST_OUTPUT)?);
            let object: Option<Object> = text.ok().and_then(|text| text.trim_end().parse().ok());
            let object = object.ok_or_else(|| bad("its record is not readable"))?;
            let cache = Shown::from(cache.name());
            Ok(Some(CachedOutput { object, cache }))
        })
    }

    /// The tree with this hash, if a cache has it. Caches that fail are reported to `progress`.
    pub fn tree(
        &self,
        tree: &Hash,
        cancel: &AtomicBool,
        progress: &dyn Progress,
    ) -> Option<CachedTree> {
        self.in_caches(progress, |cache| {
            let Some(bytes) = self.open(cache, &Key::Manifest(*tree), cancel)? else {
                return Ok(None);
            };
            let bytes = read_all(bytes, LONGEST_MANIFEST)?;
            let manifest = Tree::decode(&bytes).map_err(|_| bad("its manifest is not readable"))?;
            let (got, expected) = (Digest::from(manifest.hash()), Digest::from(*tree));
            if got != expected {
                return Err(Reason::Mismatch { expected, got });
            }
            let Some(archive) = self.open(cache, &Key::Archive(*tree), cancel)? else {
                return Err(bad("it has the manifest of a tree, but not the files"));
            };
            let cache = Shown::from(cache.name());
            Ok(Some(CachedTree {
                manifest,
                archive,
                cache,
            }))
        })
    }

    /// The file with this digest, if a cache has it: not a source, so there is no other place.
    /// Caches that fail are reported to `progress`.
    pub fn blob(
        &self,
        digest: Digest,
        file_name: &str,
        destination: &dyn Destination,
        cancel: &AtomicBool,
        progress: &dyn Progress,
    ) -> Result<Arrival, FetchError> {
        let source = Source {
            digest,
            file_name: file_name.to_owned(),
            origins: Vec::new(),
        };
        self.fetch(&source, destination, cancel, progress)
    }

    /// Whether a cache seems to have the bytes of `object`. One on a network is not asked: it may
    /// turn out not to have them.
    pub fn offers(&self, object: &Object) -> bool {
        let key = match object {
            Object::Blob(digest) => Key::Blob(*digest),
            Object::Tree(tree) => Key::Manifest(*tree),
        };
        let offers = |found| match found {
            Some(Found::Url(_)) => !self.shared.settings.offline,
            found => found.is_some(),
        };
        let caches = &self.shared.settings.caches;
        caches
            .iter()
            .any(|cache| cache.find(&key).is_ok_and(offers))
    }

    fn in_caches<T>(
        &self,
        progress: &dyn Progress,
        ask: impl Fn(&dyn Cache) -> Result<Option<T>, Reason>,
    ) -> Option<T> {
        self.shared.settings.caches.iter().find_map(|cache| {
            ask(cache.as_ref()).unwrap_or_else(|reason| {
                let place = Shown::from(cache.name());
                progress.gave_up(&Attempt { place, reason });
                None
            })
        })
    }

    /// The bytes under `key`; nothing if the cache has none, or is on the network and we are not.
    fn open(
        &self,
        cache: &dyn Cache,
        key: &Key,
        cancel: &AtomicBool,
    ) -> Result<Option<Box<dyn Read + Send>>, Reason> {
        let found = cache.find(key);
        match found.map_err(Reason::cache)? {
            None => Ok(None),
            Some(Found::Bytes(bytes)) => Ok(Some(bytes)),
            Some(Found::File(path)) => match File::open(path) {
                Ok(file) => Ok(Some(Box::new(file))),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(Reason::File(error.to_string())),
            },
            Some(Found::Url(_)) if self.shared.settings.offline => Ok(None),
            Some(Found::Url(url)) => self.open_url(&url, cancel),
        }
    }

    fn open_url(
        &self,
        url: &str,
        cancel: &AtomicBool,
    ) -> Result<Option<Box<dyn Read + Send>>, Reason> {
        let Place::Url(url) =
            place::parse(&Address::from(url)).map_err(|attempt| attempt.reason)?
        else {
            return Ok(None);
        };
        // Nothing vouches for a record but whom it comes from.
        let http = self.shared.http(Trust::Connection);
        let answer = http.and_then(|http| http.get(&url, &Resume::default()));
        let answer = answer.map_err(|error| bad(&error.to_string()))?;
        match answer.head(cancel) {
            Ok(_) => Ok(Some(Box::new(answer.into_reader()))),
            Err(Stop::Failed(Reason::Status { status: 404, .. })) => Ok(None),
            Err(Stop::Failed(reason)) => Err(reason),
            Err(Stop::Stale | Stop::Fatal(_)) => Err(bad("cancelled")),
        }
    }
}

fn bad(why: &str) -> Reason {
    Reason::Cache(why.to_owned())
}

fn read_all(from: Box<dyn Read + Send>, limit: u64) -> Result<Vec<u8>, Reason> {
    let mut bytes = Vec::new();
    let read = from.take(limit + 1).read_to_end(&mut bytes);
    match read.map_err(|error| Reason::File(error.to_string()))? as u64 {
        count if count > limit => Err(bad("what it has is too long")),
        _ => Ok(bytes),
    }
}
