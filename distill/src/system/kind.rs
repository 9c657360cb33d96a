//! Kinds of services: daemons, scripts, bundles, with s6-rc's names for the fields.

use std::time::Duration;

use crate::package::Script;

/// A signal that can stop a daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of signal(7)")]
pub enum Signal {
    Hup,
    Int,
    Quit,
    Kill,
    Usr1,
    Usr2,
    Term,
}

impl Signal {
    /// The name with its prefix, such as `SIGTERM`.
    pub fn name(self) -> &'static str {
        match self {
            Signal::Hup => "SIGHUP",
            Signal::Int => "SIGINT",
            Signal::Quit => "SIGQUIT",
            Signal::Kill => "SIGKILL",
            Signal::Usr1 => "SIGUSR1",
            Signal::Usr2 => "SIGUSR2",
            Signal::Term => "SIGTERM",
        }
    }
}

/// How it is known that a daemon can be used. What comes after it waits for that.
#[derive(Debug, Clone, Default)]
pub enum Readiness {
    /// It is not known; nothing can come after such a service.
    #[default]
    Unknown,
    /// As soon as its program runs.
    Started,
    /// When it writes a line to this file descriptor.
    NotificationFd(u32),
    /// When a script succeeds, which is tried at an interval until it does.
    Check(Script, Duration),
}

/// A daemon.
#[derive(Debug, Clone, Default)]
pub struct Longrun {
    /// What runs; it ends by becoming the daemon, in the foreground.
    pub run: Script,
    /// What runs whenever the daemon has ended.
    pub finish: Option<Script>,
    /// How it is known that it can be used.
    pub readiness: Readiness,
    /// The service that reads its output.
    pub producer_for: Option<String>,
    /// The services whose output it reads.
    pub consumer_for: Vec<String>,
    /// What tells it to end, instead of SIGTERM.
    pub down_signal: Option<Signal>,
    /// How many of its deaths are remembered.
    pub max_death_tally: Option<u32>,
    /// The user that `run` runs as; root, if nobody is named.
    pub run_as: Option<String>,
}

/// A script that runs once, and perhaps another one at shutdown.
#[derive(Debug, Clone, Default)]
pub struct Oneshot {
    /// What runs at boot. If it fails, what comes after the service is not started.
    pub up: Script,
    /// What runs at shutdown, if `up` succeeded.
    pub down: Option<Script>,
    /// The user that both run as; root, if nobody is named.
    pub run_as: Option<String>,
}

/// What a service is.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A daemon.
    Longrun(Longrun),
    /// A script.
    Oneshot(Oneshot),
    /// A name for several services.
    Bundle(Vec<String>),
}

impl Kind {
    /// What it is, in words.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Kind::Longrun(_) => "a daemon",
            Kind::Oneshot(_) => "a script that runs once",
            Kind::Bundle(_) => "a bundle",
        }
    }
}
