//! The entry: everything that one run fetches goes through one [`Fetcher`].

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::address::Shown;
use super::arrival::{Arrival, Destination};
use super::cache::{CachedTree, Caches, Lent, Looked, pack, receive, send};
use super::download::Download;
use super::error::{Attempt, FetchError, Reason};
use super::lock::Lock;
use super::partial::{Partial, stem};
use super::progress::Progress;
use super::settings::Settings;
use super::shared::Shared;
use crate::objects::{
    BackendError, Content, Contents, Found, PatientReader, Provenance, Record, Records, Teller,
};
use crate::plan::{Digest, Hash, Object, Origin, PlanHash, Source, Tree};

/// Fetches sources, and what caches hold. Shared by all threads of a run: it remembers what failed.
#[derive(Debug)]
pub struct Fetcher {
    shared: Arc<Shared>,
}

impl Fetcher {
    /// A fetcher that has not done anything yet; it opens no file and no connection.
    pub fn new(settings: Settings) -> Fetcher {
        let shared = Arc::new(Shared::new(settings));
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

    /// Which of `sources` may be had without the network: a cache or an origin on this machine has the
    /// bytes, if it has the right ones.
    pub fn at_hand<'s>(
        &self,
        sources: impl IntoIterator<Item = &'s Source>,
        cancel: &AtomicBool,
    ) -> BTreeSet<Digest> {
        let sources: Vec<&Source> = sources.into_iter().collect();
        let here = |origin: &Origin| matches!(origin, Origin::File(path) if path.exists());
        let wanted: Vec<Content> = sources.iter().map(|source| source.digest.into()).collect();
        let look = |contents: &dyn Contents, wanted: &[Content]| {
            at_hand(contents, wanted).map_err(Reason::cache)
        };
        // What a server has is not at hand: what is found here is of use for this question only.
        let caches = Caches::new(&self.shared.settings.caches);
        caches.locate(&wanted, self.shared.asker(cancel, &()), look);
        let at_hand = |source: &&&Source| {
            caches.has(&source.digest.into()) || source.origins.iter().any(here)
        };
        sources
            .iter()
            .filter(at_hand)
            .map(|source| source.digest)
            .collect()
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

    /// Whether there is any cache to ask.
    pub fn has_caches(&self) -> bool {
        !self.shared.caches.is_empty()
    }

    /// What caches know of `plans`, asked for all at once. A record says from which cache it is.
    ///
    /// A cache that fails is passed over, and one that says nothing for
    /// [`question_timeout`](Settings::question_timeout) is not asked again by this fetcher; `progress`
    /// hears of both, once a cache. What no cache knows is not asked for again.
    pub fn records(
        &self,
        plans: &[PlanHash],
        cancel: &AtomicBool,
        progress: &dyn Progress,
    ) -> BTreeMap<PlanHash, Record> {
        let shared = Arc::clone(&self.shared);
        let look_up = move |records: Arc<dyn Records>, plans: Vec<PlanHash>, teller: &Teller<_>| {
            shared.look_up(&*records, &plans, teller);
        };
        let asker = self.shared.asker(cancel, progress);
        let known = self.shared.caches.records(plans, asker, look_up);
        let from = |(plan, (record, cache)): (PlanHash, (Record, Shown))| {
            let provenance = Provenance::Cache(cache.to_string());
            (
                plan,
                Record {
                    provenance,
                    ..record
                },
            )
        };
        known.into_iter().map(from).collect()
    }

    /// Which of `objects` caches seem to have, asked for all at once, like [`records`](Fetcher::records).
    /// They may turn out not to have them.
    pub fn offered(
        &self,
        objects: &[Object],
        cancel: &AtomicBool,
        progress: &dyn Progress,
    ) -> BTreeSet<Object> {
        let heads: Vec<Content> = objects.iter().map(Content::head).collect();
        self.locate(&heads, cancel, progress);
        let has = |object: &&Object| self.shared.caches.has(&Content::head(object));
        objects.iter().filter(has).copied().collect()
    }

    fn locate(&self, wanted: &[Content], cancel: &AtomicBool, progress: &dyn Progress) {
        let offline = self.shared.settings.offline;
        let look = move |contents: &dyn Contents, wanted: &[Content]| {
            let here = match offline {
                // What is behind an address is not to be had.
                true => at_hand(contents, wanted),
                false => contents.missing(wanted).map(|missing| {
                    let is_here = |content: &&Content| !missing.contains(content);
                    wanted.iter().filter(is_here).copied().collect()
                }),
            };
            here.map_err(Reason::cache)
        };
        let asker = self.shared.asker(cancel, progress);
        self.shared.caches.locate(wanted, asker, look);
    }

    /// The tree with this hash, if a cache has it. Caches that fail are reported to `progress`.
    pub fn tree<'s>(
        &'s self,
        tree: &Hash,
        cancel: &'s AtomicBool,
        progress: &'s dyn Progress,
    ) -> Option<CachedTree<'s>> {
        let content = Content::head(&Object::Tree(*tree));
        let asker = self.shared.asker(cancel, progress);
        for (index, looked) in self.shared.caches.look(content, asker) {
            let Looked::Found(found) = looked else {
                continue;
            };
            let place = self.shared.caches.name(index).clone();
            match self.open_tree(index, (*tree, found), cancel) {
                Ok(Some((manifest, archive))) => {
                    let cache = place;
                    return Some(CachedTree {
                        manifest,
                        archive,
                        cache,
                    });
                }
                Ok(None) => {}
                Err(reason) => progress.gave_up(&Attempt { place, reason }),
            }
        }
        None
    }

    fn open_tree<'s>(
        &'s self,
        index: usize,
        (tree, top): (Hash, Found),
        cancel: &'s AtomicBool,
    ) -> Result<Option<(Tree, Lent<'s>)>, Reason> {
        let shared = &self.shared;
        let Some(contents) = shared.caches.contents(index) else {
            return Ok(None);
        };
        let (for_thread, from) = (Arc::clone(shared), Arc::clone(&contents));
        let nodes = PatientReader::of(shared.patient(cancel), move |to, alive| {
            send(&for_thread, &*from, (tree, top), to, alive)
        });
        let nodes = shared.caches.lend(index, nodes.map_err(Reason::cache)?);
        let Some(manifest) = receive(tree, nodes)? else {
            return Ok(None);
        };
        let (for_thread, tree) = (Arc::clone(shared), manifest.clone());
        let reader = PatientReader::of(shared.patient(cancel), move |to, alive| {
            pack(for_thread, contents, &tree, to, alive)
        });
        let archive = shared.caches.lend(index, reader.map_err(Reason::cache)?);
        Ok(Some((manifest, archive)))
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
}

/// Which of `wanted` come without the network.
fn at_hand(contents: &dyn Contents, wanted: &[Content]) -> Result<BTreeSet<Content>, BackendError> {
    let found = contents.read(wanted)?;
    let here = |(content, found): (Content, Found)| {
        matches!(found, Found::Bytes(_) | Found::File(_)).then_some(content)
    };
    Ok(found.into_iter().filter_map(here).collect())
}
