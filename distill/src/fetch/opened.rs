//! What caches say that they have, opened.

use std::io::{self, Read};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::address::Address;
use super::cache::{Heard, Lent};
use super::error::Reason;
use super::http::{Resume, Trust};
use super::place::{self, Place};
use super::shared::Shared;
use super::stop::Stop;
use crate::objects::{Answer, Found, PatientReader, Record, Records, Teller};
use crate::plan::PlanHash;

/// How many small things are read at a time: each takes the time of one answer.
const AT_ONCE: usize = 32;

/// The wish to stop of a thread that nobody waits for.
static NEVER: AtomicBool = AtomicBool::new(false);

impl Shared {
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
        teller: &Teller<Heard<(PlanHash, Record)>>,
    ) {
        let known = match records.look_up(plans) {
            Ok(known) => known,
            Err(error) => {
                teller.tell(Heard::Failed(Reason::cache(error)));
                return;
            }
        };
        let mut encoded = Vec::new();
        for (plan, answer) in known {
            match answer {
                Answer::Record(record) => {
                    teller.tell(Heard::Answer((plan, record)));
                }
                Answer::Encoded(found) => encoded.push((plan, found)),
            }
        }
        self.read_many(encoded, Trust::Connection, Record::LONGEST, |plan, read| {
            let heard = match read {
                Ok(None) => Heard::Nothing,
                Ok(Some(bytes)) => match Record::decode(&plan, &bytes) {
                    Ok(record) => Heard::Answer((plan, record)),
                    Err(error) => Heard::Useless(Reason::cache(error)),
                },
                Err(reason) => Heard::Failed(reason),
            };
            teller.tell(heard)
        });
    }

    /// Reads many small things, several at a time, until `take` wants no more. Of each it gets the bytes,
    /// or nothing if they are not there.
    pub(super) fn read_many<T: Send>(
        &self,
        found: Vec<(T, Found)>,
        trust: Trust,
        longest: u64,
        take: impl Fn(T, Result<Option<Vec<u8>>, Reason>) -> bool + Sync,
    ) {
        let threads = AT_ONCE.min(found.len());
        let queue = Mutex::new(found.into_iter());
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        let work = || {
            while let Some((name, found)) = next() {
                let opened = self.open(found, trust, &NEVER);
                let read = opened
                    .and_then(|opened| opened.map(|bytes| read_all(bytes, longest)).transpose());
                if !take(name, read) {
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
