//! A store, and what it takes to build into it.

use std::sync::{Arc, OnceLock};

use super::error::CliError;
use super::graph::Graph;
use super::interrupt::Interrupt;
use super::invocation::Invocation;
use super::preflight;
use super::profile;
use super::view::{self, Tally};
use crate::engine::{
    Builder, Cancel, Event, ExecuteError, Executed, Executor, Job, JobId, Local, Options, Sources,
    Supplier, Survey, WrongMachine,
};
use crate::fetch::Fetcher;
use crate::plan::{Action, Artifact, BuildPlatform, Object, Plan, Source};
use crate::store::{Store, Usage};

/// A store, and what it takes to build into it.
pub(super) struct Session<'a> {
    invocation: &'a Invocation<'a>,
    pub(super) store: Store,
    pub(super) cancel: Cancel,
    _interrupt: Option<Interrupt>,
    /// One for all that is asked and fetched: what is known of caches is found out once.
    fetcher: OnceLock<Fetcher>,
}

/// Runs nothing and brings nothing: for who only looks.
struct Looking;

impl Executor for Looking {
    fn check(&self, _: &BuildPlatform) -> Result<(), WrongMachine> {
        Ok(())
    }

    fn execute(&self, _: &Job<'_>) -> Executed {
        let output = Err(ExecuteError::Cancelled);
        Executed {
            output,
            usage: Usage::default(),
            log: None,
            tail: Vec::new(),
        }
    }
}

impl Supplier for Looking {
    fn supply(
        &self,
        _: JobId,
        _: &Source,
        _: &Cancel,
        _: &(dyn Fn(Event) + Sync),
    ) -> Result<Object, ExecuteError> {
        Err(ExecuteError::Cancelled)
    }
}

/// The sources that a plan needs itself.
fn sources(plan: &Plan) -> impl Iterator<Item = &Source> {
    let inputs = plan.action().map(Action::inputs).unwrap_or_default();
    inputs.into_iter().filter_map(|artifact| match artifact {
        Artifact::Source(source) => Some(source),
        Artifact::Literal(_) | Artifact::Plan(_) => None,
    })
}

impl<'a> Session<'a> {
    pub(super) fn open(invocation: &'a Invocation<'a>) -> Result<Session<'a>, CliError> {
        let cancel = invocation.cancel.clone();
        let ui = Arc::clone(&invocation.ui);
        let stopping = move || ui.status("stopping; Ctrl-C once more ends without cleaning up");
        let interrupt = invocation
            .signals
            .then(|| Interrupt::install(cancel.clone(), stopping))
            .flatten();
        let store = invocation.store()?;
        Ok(Session {
            invocation,
            store,
            cancel,
            _interrupt: interrupt,
            fetcher: OnceLock::new(),
        })
    }

    /// What would have to be done.
    pub(super) fn survey(&self, roots: &[Plan]) -> Result<Survey, CliError> {
        // Without caches there is nobody to ask.
        if self.invocation.settings.caches.is_empty() {
            return self.survey_with(roots, &Looking);
        }
        let fetcher = self.fetcher()?;
        let supplier = Sources {
            store: &self.store,
            fetcher,
            cancel: &self.cancel,
        };
        self.survey_with(roots, &supplier)
    }

    fn survey_with(&self, roots: &[Plan], supplier: &dyn Supplier) -> Result<Survey, CliError> {
        let builder = Builder {
            store: &self.store,
            executor: &Looking,
            supplier,
            options: &Options::default(),
            events: &|event| view::remark(&self.invocation.ui, &event),
            cancel: &self.cancel,
        };
        Ok(builder.survey(roots)?)
    }

    /// Builds `roots`; gives their outputs, in order.
    pub(super) fn build(&self, roots: &[Plan], options: &Options) -> Result<Vec<Object>, CliError> {
        let survey = self.survey(roots)?;
        let known: Option<Vec<Object>> = survey.outputs.iter().copied().collect();
        if let Some(outputs) = known.filter(|_| survey.missing.is_empty() && !options.check) {
            self.invocation.ui.detail("nothing to do");
            return Ok(outputs);
        }
        profile::warn(&self.invocation.ui);
        let fetcher = self.fetcher()?;
        if self.invocation.settings.offline {
            self.check_sources(roots, &survey, fetcher)?;
        }
        let method = preflight::check(self.invocation, &self.store, roots)?;
        let executor = Local::new(&self.store, options.jobs, method)?;
        let supplier = Sources {
            store: &self.store,
            fetcher,
            cancel: &self.cancel,
        };
        let ui = &self.invocation.ui;
        let tally = Tally::new(self.store.timings(), options.jobs);
        let (result, tally) = view::watch(ui, tally, |events| {
            let (store, cancel) = (&self.store, &self.cancel);
            let builder = Builder {
                store,
                executor: &executor,
                supplier: &supplier,
                options,
                events,
                cancel,
            };
            builder.build(roots)
        });
        view::summary::show(ui, &tally);
        Ok(result?)
    }

    /// Whether what has to be fetched is on this machine. If not, the error names also the sources
    /// of plans of which it is not known yet whether they have to run: they most probably do.
    fn check_sources(
        &self,
        roots: &[Plan],
        survey: &Survey,
        fetcher: &Fetcher,
    ) -> Result<(), CliError> {
        let mut at_hand = fetcher.at_hand(&survey.sources, self.cancel.flag());
        let is_there = |source: &Source| at_hand.contains(&source.digest);
        if survey.sources.iter().all(is_there) {
            return Ok(());
        }
        let graph = Graph::new(roots, self.invocation.target, &self.store)?;
        let waiting = graph.nodes.iter().filter(|node| node.hash.is_none());
        let later: Vec<&Source> = waiting.flat_map(|node| sources(node.plan)).collect();
        at_hand.append(&mut fetcher.at_hand(later.iter().copied(), self.cancel.flag()));
        let mut missing: Vec<Source> = Vec::new();
        for source in survey.sources.iter().chain(later) {
            let in_store = self.store.has(&Object::Blob(source.digest));
            let here = in_store || at_hand.contains(&source.digest);
            if !here && !missing.iter().any(|other| other.digest == source.digest) {
                missing.push(source.clone());
            }
        }
        Err(CliError::Offline(missing))
    }

    /// Fetches sources, and asks caches.
    pub(super) fn fetcher(&self) -> Result<&Fetcher, CliError> {
        if let Some(fetcher) = self.fetcher.get() {
            return Ok(fetcher);
        }
        let settings = &self.invocation.settings;
        let settings = settings.fetching(self.store.partial_dir())?;
        Ok(self.fetcher.get_or_init(|| Fetcher::new(settings)))
    }
}
