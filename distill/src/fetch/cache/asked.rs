//! The caches of one run: what they were asked, and which are not asked any more.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::super::address::Shown;
use super::super::error::{Attempt, Reason};
use super::super::progress::Progress;
use super::Cache;
use crate::objects::{
    Content, Contents, Found, Impatience, Patient, PatientReader, Records, Teller,
};
use crate::plan::{Digest, PlanHash};

/// One question holds no more than this, so that the time for its answer is a bound of something.
const MANY: usize = 1000;

/// So many contents are looked for together when somebody comes for one of them.
const AHEAD: usize = 64;

/// The caches of one run, in the order in which they are asked.
#[derive(Debug)]
pub(in crate::fetch) struct Caches {
    members: Vec<Member>,
    /// Plans of which no cache knows anything.
    unknown: Mutex<HashSet<PlanHash>>,
    /// Which cache is the first that has a content, if any has.
    places: Mutex<HashMap<Digest, Option<usize>>>,
}

/// A cache, and how it has behaved so far.
#[derive(Debug)]
struct Member {
    cache: Cache,
    /// It did not answer in time, and is not asked again.
    is_silent: AtomicBool,
    /// It said that it cannot answer, and that was told.
    has_failed: AtomicBool,
    ahead: Mutex<Ahead>,
}

/// Contents that a cache said it has: who comes for one of them soon comes for the others.
#[derive(Debug, Default)]
struct Ahead {
    /// Those that nobody looked for.
    waiting: BTreeSet<Content>,
    /// Those that were looked for with another one.
    found: HashMap<Digest, Found>,
}

/// Whoever asks: how long it waits, and where it is told what is wrong.
#[derive(Clone, Copy)]
pub(in crate::fetch) struct Asker<'a> {
    pub(in crate::fetch) limit: Duration,
    pub(in crate::fetch) stop: &'a AtomicBool,
    pub(in crate::fetch) progress: &'a dyn Progress,
}

/// What a cache says of one of many things.
pub(in crate::fetch) enum Heard<T> {
    /// An answer.
    Answer(T),
    /// That it has nothing of one of them.
    Nothing,
    /// One answer that is of no use; others may follow.
    Useless(Reason),
    /// That it cannot answer.
    Failed(Reason),
}

/// What a cache says of one content.
pub(in crate::fetch) enum Looked {
    /// Where it is.
    Found(Found),
    /// It is not there.
    Absent,
    /// The cache did not answer; whoever has to know was told.
    Unanswered(Reason),
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Caches {
    pub(in crate::fetch) fn new(caches: &[Cache]) -> Caches {
        let member = |cache: &Cache| Member {
            cache: cache.clone(),
            is_silent: AtomicBool::new(false),
            has_failed: AtomicBool::new(false),
            ahead: Mutex::default(),
        };
        Caches {
            members: caches.iter().map(member).collect(),
            unknown: Mutex::default(),
            places: Mutex::default(),
        }
    }

    pub(in crate::fetch) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// What `look_up` finds of `plans`: each cache is asked for what those before it do not know.
    pub(in crate::fetch) fn records<T, L>(
        &self,
        plans: &[PlanHash],
        asker: Asker<'_>,
        look_up: L,
    ) -> BTreeMap<PlanHash, (T, Shown)>
    where
        T: Send + 'static,
        L: Fn(Arc<dyn Records>, Vec<PlanHash>, &Teller<Heard<(PlanHash, T)>>)
            + Clone
            + Send
            + 'static,
    {
        let mut wanted: BTreeSet<PlanHash> = plans.iter().copied().collect();
        wanted.retain(|plan| !lock(&self.unknown).contains(plan));
        let (mut known, mut all_answered) = (BTreeMap::new(), true);
        for member in &self.members {
            let Some(records) = &member.cache.records else {
                continue;
            };
            let left: Vec<PlanHash> = wanted.iter().copied().collect();
            for batch in left.chunks(MANY) {
                let (records, batch, look_up) =
                    (Arc::clone(records), batch.to_vec(), look_up.clone());
                let call = move |teller: &Teller<_>| look_up(records, batch, teller);
                all_answered &= member.ask(asker, call, |(plan, record)| {
                    if wanted.remove(&plan) {
                        known.insert(plan, (record, member.cache.name.clone()));
                    }
                });
            }
        }
        if all_answered {
            lock(&self.unknown).extend(wanted);
        }
        known
    }

    /// Finds out which cache has `wanted`, of all that was not asked for before. `look` gives what of a
    /// batch a cache has.
    pub(in crate::fetch) fn locate<L>(&self, wanted: &[Content], asker: Asker<'_>, look: L)
    where
        L: Fn(&dyn Contents, &[Content]) -> Result<BTreeSet<Content>, Reason>
            + Clone
            + Send
            + 'static,
    {
        let mut left: BTreeSet<Content> = wanted.iter().copied().collect();
        left.retain(|content| !lock(&self.places).contains_key(&content.digest));
        let mut all_answered = true;
        for (index, member) in self.members.iter().enumerate() {
            let Some(contents) = &member.cache.contents else {
                continue;
            };
            let batches: Vec<Content> = left.iter().copied().collect();
            for batch in batches.chunks(MANY) {
                let (contents, batch, look) = (Arc::clone(contents), batch.to_vec(), look.clone());
                let call = move |teller: &Teller<_>| {
                    teller.tell(match look(&*contents, &batch) {
                        Ok(here) => Heard::Answer(here),
                        Err(reason) => Heard::Failed(reason),
                    });
                };
                all_answered &= member.ask(asker, call, |here: BTreeSet<Content>| {
                    for content in here {
                        if left.remove(&content) {
                            lock(&self.places).insert(content.digest, Some(index));
                            lock(&member.ahead).waiting.insert(content);
                        }
                    }
                });
            }
        }
        if all_answered {
            let nowhere = left.iter().map(|content| (content.digest, None));
            lock(&self.places).extend(nowhere);
        }
    }

    /// Whether a cache said that it has this content.
    pub(in crate::fetch) fn has(&self, content: &Content) -> bool {
        matches!(lock(&self.places).get(&content.digest), Some(Some(_)))
    }

    /// What each cache in turn says of a content, with its number; those that said already that they do
    /// not have it are not asked again.
    pub(in crate::fetch) fn look<'s>(
        &'s self,
        content: Content,
        asker: Asker<'s>,
    ) -> impl Iterator<Item = (usize, Looked)> + 's {
        let first = match lock(&self.places).get(&content.digest) {
            Some(place) => place.unwrap_or(self.members.len()),
            None => 0,
        };
        let members = self.members.iter().enumerate();
        members.map(move |(index, member)| match &member.cache.contents {
            Some(contents) if index >= first => (index, member.look(contents, content, asker)),
            _ => (index, Looked::Absent),
        })
    }

    pub(in crate::fetch) fn name(&self, index: usize) -> &Shown {
        &self.members[index].cache.name
    }

    pub(in crate::fetch) fn contents(&self, index: usize) -> Option<Arc<dyn Contents>> {
        self.members[index].cache.contents.clone()
    }

    /// Bytes of a cache, which is given up if they stay away.
    pub(in crate::fetch) fn lend<'s>(
        &'s self,
        index: usize,
        reader: PatientReader<'s>,
    ) -> Lent<'s> {
        let member = &self.members[index];
        Lent { member, reader }
    }
}

impl Member {
    /// Makes a call, unless this cache is given up. Whether it answered: one that is silent counts as
    /// having said that it has nothing.
    fn ask<T: Send + 'static>(
        &self,
        asker: Asker<'_>,
        call: impl FnOnce(&Teller<Heard<T>>) + Send + 'static,
        mut take: impl FnMut(T),
    ) -> bool {
        if self.is_silent() {
            return true;
        }
        let mut failed = false;
        let patient = asker.patient();
        let asked = patient.ask_many(call, |heard| match heard {
            Heard::Answer(answer) => take(answer),
            Heard::Nothing => {}
            Heard::Useless(reason) => self.tell(asker, reason),
            Heard::Failed(reason) => {
                failed = true;
                self.tell_once(asker, reason);
            }
        });
        match asked {
            Ok(()) => !failed,
            Err(Impatience::Late(limit)) => {
                self.give_up(asker, limit);
                true
            }
            Err(Impatience::Stopped) => false,
            Err(error @ Impatience::Threads(_)) => {
                self.tell_once(asker, Reason::cache(error));
                false
            }
        }
    }

    /// Looks for a content, and for some of those that this cache said it has.
    fn look(&self, contents: &Arc<dyn Contents>, content: Content, asker: Asker<'_>) -> Looked {
        let ahead = &self.ahead;
        if self.is_silent() {
            return Looked::Unanswered(Reason::Silent(asker.limit));
        }
        if let Some(found) = lock(ahead).found.remove(&content.digest) {
            return Looked::Found(found);
        }
        let (contents, wanted) = (Arc::clone(contents), lock(ahead).with(content));
        let call = move || contents.read(&wanted).map_err(Reason::cache);
        let reason = match asker.patient().ask(call) {
            Ok(Ok(mut all)) => {
                let found = all.remove(&content);
                let rest = all.into_iter();
                let rest = rest.map(|(content, found)| (content.digest, found));
                lock(ahead).found.extend(rest);
                return found.map_or(Looked::Absent, Looked::Found);
            }
            Ok(Err(reason)) => {
                self.tell(asker, reason.clone());
                reason
            }
            Err(Impatience::Late(limit)) => {
                self.give_up(asker, limit);
                Reason::Silent(limit)
            }
            Err(error) => Reason::cache(error),
        };
        Looked::Unanswered(reason)
    }

    fn is_silent(&self) -> bool {
        self.is_silent.load(Ordering::SeqCst)
    }

    fn give_up(&self, asker: Asker<'_>, limit: Duration) {
        if !self.is_silent.swap(true, Ordering::SeqCst) {
            self.tell(asker, Reason::Silent(limit));
        }
    }

    fn tell_once(&self, asker: Asker<'_>, reason: Reason) {
        if !self.has_failed.swap(true, Ordering::SeqCst) {
            self.tell(asker, reason);
        }
    }

    fn tell(&self, asker: Asker<'_>, reason: Reason) {
        let place = self.cache.name.clone();
        asker.progress.gave_up(&Attempt { place, reason });
    }
}

impl Ahead {
    /// A content to be looked for, and others that wait for it.
    fn with(&mut self, content: Content) -> Vec<Content> {
        let mut wanted = vec![content];
        self.waiting.remove(&content);
        while wanted.len() < AHEAD
            && let Some(other) = self.waiting.pop_first()
        {
            wanted.push(other);
        }
        wanted
    }
}

impl<'a> Asker<'a> {
    pub(in crate::fetch) fn patient(&self) -> Patient<'a> {
        Patient {
            limit: self.limit,
            stop: self.stop,
        }
    }
}

/// Bytes that come from a cache. If they stay away, the cache is not asked again.
#[derive(Debug)]
pub struct Lent<'a> {
    member: &'a Member,
    reader: PatientReader<'a>,
}

impl Read for Lent<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer).inspect_err(|error| {
            if late(error).is_some() {
                self.member.is_silent.store(true, Ordering::SeqCst);
            }
        })
    }
}

/// How long nothing came, if that is what an error says.
pub(in crate::fetch) fn late(error: &io::Error) -> Option<Duration> {
    match error.get_ref()?.downcast_ref()? {
        Impatience::Late(limit) => Some(*limit),
        Impatience::Stopped | Impatience::Threads(_) => None,
    }
}
