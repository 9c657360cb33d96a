//! What all downloads of a run share: the settings, the connections, what failed before.

use std::collections::HashSet;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use reqwest::Url;

use super::cache::{Asker, Caches};
use super::error::{FetchError, Reason};
use super::flight::{Flights, Turn};
use super::http::{Http, Trust};
use super::place::Place;
use super::progress::Progress;
use super::settings::Settings;
use super::stop::Stop;
use crate::objects::Patient;

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

    fn dead(&self) -> MutexGuard<'_, HashSet<String>> {
        let dead = self.dead_hosts.lock();
        dead.unwrap_or_else(PoisonError::into_inner)
    }
}

/// The host and port of an address.
fn host(url: &Url) -> String {
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{}:{port}", url.host_str().unwrap_or_default())
}
