//! `sources`: what comes from outside; into a directory, and out of it.

use std::fs::File;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use camino::Utf8Path;
use serde_json::json;

use super::args::{SourcesArgs, SourcesCommand};
use super::error::CliError;
use super::exit::Exit;
use super::graph::Graph;
use super::invocation::Invocation;
use super::session::Session;
use super::view::{self, Tally};
use super::{preflight, units};
use crate::engine::{BuildError, Event, Failure, Options, Outcome, Sources, Supplier as _};
use crate::fetch::{Address, DirectoryCache};
use crate::objects::{BackendError, Content, Contents as _, Found, Outgoing};
use crate::plan::{Digest, Object, Origin, Source};
use crate::store::intake::{HashedFile, NEVER};
use crate::store::io::At as _;
use crate::store::{Store, StoreError, Usage};

pub(super) fn run(invocation: &Invocation<'_>, args: &SourcesArgs) -> Result<u8, CliError> {
    let directory = &invocation.settings.directory;
    match &args.command {
        None => list(invocation)?,
        Some(SourcesCommand::Export { dir }) => export(invocation, &directory.join(dir))?,
        Some(SourcesCommand::Import { dir }) => import(invocation, &directory.join(dir))?,
    }
    Ok(Exit::Success.code())
}

/// One line a source: whether it is there, its pin, and its name; and one line a directory of this machine.
fn list(invocation: &Invocation<'_>) -> Result<(), CliError> {
    let (store, roots) = (invocation.store()?, invocation.roots()?);
    let graph = Graph::new(&roots, invocation.target, &store)?;
    let ui = &invocation.ui;
    for source in graph.sources() {
        let present = store.has(&Object::Blob(source.digest));
        let origins: Vec<String> = source.origins.iter().map(origin).collect();
        if ui.is_json() {
            ui.json(&json!({
                "file_name": source.file_name,
                "digest": source.digest,
                "origins": origins,
                "present": present,
            }))?;
            continue;
        }
        let state = if present { "there" } else { "missing" };
        ui.data(format_args!(
            "{state:<7} {} {}",
            source.digest, source.file_name
        ))?;
        if ui.is_verbose() {
            origins
                .iter()
                .try_for_each(|origin| ui.data(format_args!("        {origin}")))?;
        }
    }
    let plans = graph.nodes.iter().map(|node| node.plan);
    for (plan, directory) in plans.filter_map(|plan| Some((plan, plan.meta().local.as_ref()?))) {
        if ui.is_json() {
            ui.json(&json!({ "name": plan.name(), "local": directory }))?;
        } else {
            ui.data(format_args!("local   {directory} {}", plan.name()))?;
        }
    }
    Ok(())
}

fn origin(origin: &Origin) -> String {
    match origin {
        Origin::Url(url) => Address::from(url.as_str()).to_string(),
        Origin::Mirror(family, path) => format!("{family:?}: {path}").to_lowercase(),
        Origin::Debian(path) => format!("debian: {path}"),
        Origin::File(path) => path.to_string(),
    }
}

/// Fetches what is missing, and puts everything into a directory.
fn export(invocation: &Invocation<'_>, directory: &Utf8Path) -> Result<(), CliError> {
    preflight::directory(directory)?;
    let cache = DirectoryCache::create(directory)?;
    let (session, roots) = (Session::open(invocation)?, invocation.roots()?);
    let graph = Graph::new(&roots, invocation.target, &session.store)?;
    let sources = graph.sources();
    fetch(invocation, &session, &sources)?;
    let mut bytes = 0;
    for source in &sources {
        let path = session.store.blob_path(&source.digest);
        let size = path.metadata().at("examine", &path)?.len();
        let content = Content::sized(source.digest, size);
        cache.write(vec![Outgoing::new(content, || File::open(&path))])?;
        bytes += size;
    }
    let (count, size) = (units::count(sources.len(), "source"), units::bytes(bytes));
    invocation
        .ui
        .status(format_args!("{count} ({size}) in `{directory}`"));
    tell(invocation, directory)
}

fn tell(invocation: &Invocation<'_>, directory: &Utf8Path) -> Result<(), CliError> {
    if invocation.ui.is_json() {
        return invocation
            .ui
            .json(&json!({"event": "exported", "directory": directory}));
    }
    invocation.ui.data(directory)
}

/// Brings all sources into the store, several at a time.
fn fetch(
    invocation: &Invocation<'_>,
    session: &Session<'_>,
    sources: &[Source],
) -> Result<(), CliError> {
    let fetcher = session.fetcher()?;
    let store = &session.store;
    let supplier = Sources {
        store,
        fetcher,
        cancel: &session.cancel,
    };
    let missing = |source: &&Source| !store.has(&Object::Blob(source.digest));
    let missing: Vec<&Source> = sources.iter().filter(missing).collect();
    let threads = Options::default().downloads.min(missing.len());
    let tally = Tally::new(store.timings(), threads);
    let (failures, tally) = view::watch(&invocation.ui, tally, |events| {
        for (id, source) in missing.iter().enumerate() {
            let (label, estimate) = (source.file_name.clone(), Duration::ZERO);
            events(Event::Planned {
                id,
                label,
                build: false,
                estimate,
            });
        }
        let queue = Mutex::new(missing.iter().enumerate());
        let failures = Mutex::new(Vec::new());
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        let work = || {
            while let Some((id, source)) = next() {
                let failure = supply(&supplier, id, source, events);
                failures
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .extend(failure);
            }
        };
        std::thread::scope(|scope| {
            // Without more threads it takes longer, and that is all.
            let thread = || std::thread::Builder::new().spawn_scoped(scope, work);
            let _ = (1..threads).try_for_each(|_| thread().map(drop));
            work();
        });
        failures
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    });
    view::summary::show(&invocation.ui, &tally);
    if session.cancel.is_cancelled() {
        return Err(BuildError::Cancelled.into());
    }
    match failures.is_empty() {
        true => Ok(()),
        false => Err(BuildError::Failed {
            failures,
            skipped: 0,
        }
        .into()),
    }
}

fn supply(
    supplier: &Sources<'_>,
    id: usize,
    source: &Source,
    events: &(dyn Fn(Event) + Sync),
) -> Option<Failure> {
    match supplier.supply(id, source, supplier.cancel, events) {
        Ok(output) => {
            let (outcome, usage) = (Outcome::Built, Usage::default());
            events(Event::Finished {
                id,
                outcome,
                output,
                usage,
            });
            None
        }
        Err(error) => {
            events(Event::without_output(id, &error));
            let label = source.file_name.clone();
            let (plan, location, log) = (None, None, None);
            Some(Failure {
                label,
                plan,
                location,
                log,
                tail: Vec::new(),
                hints: Vec::new(),
                error,
                also: Vec::new(),
            })
        }
    }
}

/// Takes every blob of a directory into the store.
fn import(invocation: &Invocation<'_>, directory: &Utf8Path) -> Result<(), CliError> {
    let (cache, store) = (DirectoryCache::open(directory)?, invocation.store()?);
    let (mut taken, mut bytes) = (0, 0);
    for digest in cache.blobs()? {
        if store.has(&Object::Blob(digest)) {
            continue;
        }
        bytes += take(&cache, &store, &digest)?;
        taken += 1;
    }
    let (count, size) = (units::count(taken, "new source"), units::bytes(bytes));
    invocation
        .ui
        .status(format_args!("{count} ({size}) from `{directory}`"));
    Ok(())
}

/// Takes one blob, if it is what its name says; its size.
fn take(cache: &DirectoryCache, store: &Store, digest: &Digest) -> Result<u64, CliError> {
    let content = Content::from(*digest);
    let Some(Found::File(from)) = cache.read(&[content])?.remove(&content) else {
        return Ok(0);
    };
    let source = File::open(&from).at("open", &from)?;
    let (temp, hasher) = (store.temp_path(), digest.hasher());
    let copy =
        HashedFile::copy((&source, &from), temp, hasher, &NEVER).map_err(StoreError::from)?;
    let got = copy.digest();
    if got != *digest {
        return Err(BackendError::Mismatch { content, got }.into());
    }
    store.land_blob(&copy)?;
    Ok(source.metadata().at("examine", &from)?.len())
}
