//! What all downloads of a run share: the settings, the connections, what failed before.

use std::collections::HashSet;
use std::io::{self, Read};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

use reqwest::Url;

use super::address::Address;
use super::cache::{Asker, Caches, Heard, Lent};
use super::error::{FetchError, Reason};
use super::flight::{Flights, Turn};
use super::http::{Http, Resume, Trust};
use super::place::{self, Place};
use super::progress::Progress;
use super::settings::Settings;
use super::stop::Stop;
use crate::objects::{
    Answer, Answers, Found, Patient, PatientReader, Record, RecordError, Records,
};
use crate::plan::PlanHash;

/// How many records are read at a time from a cache that only serves files: each is small, and takes the
/// time of one answer.
const AT_ONCE: usize = 32;

/// The wish to stop of a thread that nobody waits for.
static NEVER: AtomicBool = AtomicBool::new(false);

/// One for all threads of a run.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) settings: Settings,
    pub(super) flights: Flights,
    /// For what a pin vouches for, and for what nothing vouches for but the connection.
    pinned: OnceLock<Result<Http, FetchError>>,
    believed: OnceLock<Result<Http, FetchError>>,
    dead_hosts: Mutex<HashSet<String>>,
    pub(super) caches: Caches,
}

impl Shared {
    /// Opens no file and no connection.
    pub(super) fn new(settings: Settings) -> Shared {
        Shared {
            caches: Caches::new(&settings.caches),
            settings,
            flights: Flights::default(),
            pinned: OnceLock::new(),
            believed: OnceLock::new(),
            dead_hosts: Mutex::default(),
        }
    }

    /// The client for the network, made when it is needed first.
    pub(super) fn http(&self, trust: Trust) -> Result<&Http, FetchError> {
        let http = match trust {
            Trust::Pin => &self.pinned,
            Trust::Connection => &self.believed,
        };
        let http = http.get_or_init(|| Http::new(&self.settings, trust));
        http.as_ref().map_err(Clone::clone)
    }

    /// Waits until one more may use the network.
    pub(super) fn turn(
        &self,
        cancel: &AtomicBool,
        progress: &dyn Progress,
    ) -> Result<Turn<'_>, FetchError> {
        self.flights.turn(self.settings.parallel, cancel, progress)
    }

    /// Whether `place` is on a host that could not be reached before.
    pub(super) fn is_dead(&self, place: &Place) -> bool {
        let Place::Url(url) = place else { return false };
        self.dead().contains(&host(url))
    }

    /// Learns from an attempt whether a host can be reached.
    pub(super) fn remember(&self, url: &Url, outcome: &Result<(), Stop>) {
        match outcome {
            Err(Stop::Failed(Reason::Connect(_))) => self.dead().insert(host(url)),
            Err(Stop::Fatal(_)) => false,
            _ => self.dead().remove(&host(url)),
        };
    }

    /// Whoever asks caches, as patient as the settings say.
    pub(super) fn asker<'a>(&self, stop: &'a AtomicBool, progress: &'a dyn Progress) -> Asker<'a> {
        let limit = self.settings.question_timeout;
        Asker {
            limit,
            stop,
            progress,
        }
    }

    /// Whoever reads the bytes of a cache.
    pub(super) fn patient<'a>(&self, stop: &'a AtomicBool) -> Patient<'a> {
        let limit = self.settings.stall_timeout;
        Patient { limit, stop }
    }

    /// The bytes of a cache, read with patience; nothing if it turns out not to have them.
    pub(super) fn lend<'s>(
        self: &'s Arc<Shared>,
        cache: usize,
        found: Found,
        stop: &'s AtomicBool,
    ) -> Result<Option<Lent<'s>>, Reason> {
        let shared = Arc::clone(self);
        let patient = self.patient(stop);
        let opened = patient.ask(move || shared.open(found, Trust::Pin, &NEVER));
        let Some(bytes) = opened.map_err(Reason::cache)?? else {
            return Ok(None);
        };
        let reader = PatientReader::open(patient, || Ok(bytes)).map_err(Reason::cache)?;
        Ok(Some(self.caches.lend(cache, reader)))
    }

    /// The bytes; nothing if they are not there, or on the network, and we are not.
    pub(super) fn open(
        &self,
        found: Found,
        trust: Trust,
        stop: &AtomicBool,
    ) -> Result<Option<Box<dyn Read + Send>>, Reason> {
        match found {
            Found::Url(_) if self.settings.offline => Ok(None),
            Found::Url(url) => self.open_url(&url, trust, stop),
            found => match found.open() {
                Ok(bytes) => Ok(Some(bytes)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(Reason::File(error.to_string())),
            },
        }
    }

    fn open_url(
        &self,
        url: &str,
        trust: Trust,
        stop: &AtomicBool,
    ) -> Result<Option<Box<dyn Read + Send>>, Reason> {
        let place = place::parse(&Address::from(url)).map_err(|attempt| attempt.reason)?;
        let Place::Url(url) = place else {
            return Ok(None);
        };
        let http = self.http(trust);
        let answer = http.and_then(|http| http.get(&url, &Resume::default()));
        let answer = answer.map_err(Reason::cache)?;
        match answer.head(stop) {
            Ok(_) => Ok(Some(Box::new(answer.into_reader()))),
            Err(Stop::Failed(Reason::Status { status: 404, .. })) => Ok(None),
            Err(Stop::Failed(reason)) => Err(reason),
            Err(Stop::Stale | Stop::Fatal(_)) => Err(Reason::Cache("cancelled".to_owned())),
        }
    }

    /// Asks for records, and opens those that are only said to be somewhere, several at a time.
    pub(super) fn look_up(
        &self,
        records: &dyn Records,
        plans: &[PlanHash],
        answers: &Answers<Heard<(PlanHash, Record)>>,
    ) {
        let known = match records.look_up(plans) {
            Ok(known) => known,
            Err(error) => {
                answers.give(Heard::Failed(Reason::cache(error)));
                return;
            }
        };
        let mut encoded = Vec::new();
        for (plan, answer) in known {
            match answer {
                Answer::Record(record) => {
                    answers.give(Heard::Answer((plan, record)));
                }
                Answer::Encoded(found) => encoded.push((plan, found)),
            }
        }
        let threads = AT_ONCE.min(encoded.len());
        let queue = Mutex::new(encoded);
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let work = || {
            while let Some((plan, found)) = next() {
                let heard = match self.read_record(&plan, found) {
                    Ok(None) => continue,
                    Ok(Some(Ok(record))) => Heard::Answer((plan, record)),
                    Ok(Some(Err(error))) => Heard::Useless(Reason::cache(error)),
                    Err(reason) => Heard::Failed(reason),
                };
                if !answers.give(heard) {
                    return;
                }
            }
        };
        thread::scope(|scope| {
            // Without more threads it takes longer, and that is all.
            let start = || thread::Builder::new().spawn_scoped(scope, work);
            let _ = (1..threads).try_for_each(|_| start().map(drop));
            work();
        });
    }

    fn read_record(
        &self,
        plan: &PlanHash,
        found: Found,
    ) -> Result<Option<Result<Record, RecordError>>, Reason> {
        // Nothing vouches for a record but whom it comes from.
        let Some(bytes) = self.open(found, Trust::Connection, &NEVER)? else {
            return Ok(None);
        };
        match read_all(bytes, Record::LONGEST) {
            Ok(bytes) => Ok(Some(Record::decode(plan, &bytes))),
            Err(reason) => Err(reason),
        }
    }

    fn dead(&self) -> MutexGuard<'_, HashSet<String>> {
        let dead = self.dead_hosts.lock();
        dead.unwrap_or_else(PoisonError::into_inner)
    }
}

/// All bytes, which are no more than `limit`.
pub(super) fn read_all(from: impl Read, limit: u64) -> Result<Vec<u8>, Reason> {
    let mut bytes = Vec::new();
    let read = from.take(limit + 1).read_to_end(&mut bytes);
    match read.map_err(|error| Reason::File(error.to_string()))? as u64 {
        count if count > limit => Err(Reason::Cache("what it has is too long".to_owned())),
        _ => Ok(bytes),
    }
}

/// The host and port of an address.
fn host(url: &Url) -> String {
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{}:{port}", url.host_str().unwrap_or_default())
}
