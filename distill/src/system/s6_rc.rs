//! The s6-rc back end: services as source directories for `s6-rc-compile`, and what starts them.
//!
//! s6-rc keeps the graph itself: it starts a service when those are ready that it comes after, and
//! stops in the opposite order. The directories are compiled when the image is built, so that a
//! graph which s6-rc does not accept is no image. Format:
//! <https://skarnet.org/software/s6-rc/s6-rc-compile.html>.

use std::collections::BTreeSet;
use std::time::Duration;

use super::SCANDIR;
use super::file::File;
use super::finding::{Finding, Problem};
use super::graph::Graph;
use super::kind::{Kind, Longrun, Oneshot};
use super::service::Service;
use super::service_dir::{ServiceDir, become_user, ground};
use crate::execline;
use crate::package::{Package, Recipe, Script};
use crate::plan::{Artifact, Literal};

/// Where the source directories lie.
const SOURCE: &str = "/etc/s6-rc/source";
/// Where what they were compiled to lies.
const COMPILED: &str = "/etc/s6-rc/compiled";
/// Starts all services when `s6-svscan` is there.
const START: &str = "/usr/libexec/distill/start-services";
/// The bundle of all services.
const EVERYTHING: &str = "default";
/// How long a service may take to end at shutdown, if nothing is said.
const TIMEOUT_DOWN: Duration = Duration::from_secs(10);

/// The source directories of all services, and what starts them.
pub(super) fn files(graph: &Graph<'_>, services: &[Service]) -> Vec<File> {
    let bundles = services.iter().filter_map(|service| match &service.kind {
        Kind::Bundle(contents) => Some(bundle(&service.name, contents)),
        Kind::Longrun(_) | Kind::Oneshot(_) => None,
    });
    let names: Vec<String> = graph
        .services()
        .map(|service| service.name.clone())
        .collect();
    let everything = bundle(EVERYTHING, &names);
    let start = File::new(START, include_str!("s6-rc/start-services.sh")).mode(0o755);
    graph
        .services()
        .flat_map(|service| source_directory(graph, service))
        .chain(bundles.flatten())
        .chain(everything)
        .chain([start])
        .collect()
}

/// The names that s6-rc keeps for itself.
pub(super) fn check(services: &[Service]) -> Vec<Finding> {
    let reserved = |service: &&Service| {
        let name = service.name.as_str();
        name == EVERYTHING || name.starts_with("s6rc-") || name.starts_with("s6-rc-")
    };
    let finding = |service: &Service| {
        let service_name = service.name.clone();
        Finding::new(
            Problem::Reserved {
                service: service_name,
            },
            service.location,
        )
    };
    services.iter().filter(reserved).map(finding).collect()
}

/// Starts all services, once `s6-svscan` runs.
pub(super) fn start() -> Script {
    execline! { background { #{START} #{COMPILED} #{SCANDIR} #{EVERYTHING} } }
}

/// Stops all services, each after everything that depends on it.
pub(super) fn stop_all() -> Script {
    execline! { foreground { s6-rc -b -d -a change } }
}

/// What the source directories among `files` are compiled to, by `s6_rc`.
pub(super) fn compiled(files: &Literal, s6_rc: &Package) -> Package {
    let below = format!("{}/", SOURCE.trim_start_matches('/'));
    let sources = files
        .0
        .iter()
        .filter(|(path, _)| path.as_str().starts_with(&below));
    let sources = Literal(
        sources
            .map(|(path, node)| (path.clone(), node.clone()))
            .collect(),
    );
    let s6_rc = s6_rc.clone();
    Package::from(move |config: &crate::package::Config| {
        Recipe {
            name: "s6-rc-database".to_owned(),
            tools: vec![s6_rc.clone()],
            files: vec![Artifact::Literal(sources.clone())],
            script: execline! {
                if { mkdir -p "/out/etc/s6-rc" }
                s6-rc-compile #{format!("/out{COMPILED}")} #{SOURCE}
            },
            ..Recipe::new(config)
        }
        .plan()
    })
}

fn source_directory(graph: &Graph<'_>, service: &Service) -> Vec<File> {
    let mut dir = ServiceDir::new(SOURCE, service);
    match &service.kind {
        Kind::Longrun(longrun) => longrun_files(&mut dir, ground(graph, service), longrun),
        Kind::Oneshot(oneshot) => oneshot_files(&mut dir, ground(graph, service), oneshot),
        Kind::Bundle(_) => {}
    }
    for name in graph.after(&service.name) {
        let path = dir.path(&format!("dependencies.d/{name}"));
        dir.push(File::new(path, ""));
    }
    dir.milliseconds("timeout-up", service.timeout_up);
    dir.files
}

fn longrun_files(dir: &mut ServiceDir<'_>, begin: Script, longrun: &Longrun) {
    let service = dir.service;
    dir.value("type", "longrun");
    dir.longrun(begin, longrun);
    if let Some(consumer) = &longrun.producer_for {
        dir.value("producer-for", consumer);
    }
    if !longrun.consumer_for.is_empty() {
        dir.value("consumer-for", longrun.consumer_for.join("\n"));
    }
    // A daemon that does not end is killed, so that what it depends on can be stopped, too.
    let limit = service.timeout_down.unwrap_or(TIMEOUT_DOWN);
    dir.milliseconds("timeout-kill", Some(limit));
}

fn oneshot_files(dir: &mut ServiceDir<'_>, begin: Script, oneshot: &Oneshot) {
    let service = dir.service;
    dir.value("type", "oneshot");
    let begin = begin.then(execline! { fdmove -c 2 1 });
    let up = begin.then(become_user(service)).then(&oneshot.up);
    dir.script("up", up);
    if let Some(down) = &oneshot.down {
        dir.script("down", become_user(service).then(down));
    }
    let limit = service.timeout_down.unwrap_or(TIMEOUT_DOWN);
    dir.milliseconds("timeout-down", Some(limit));
}

fn bundle(name: &str, contents: &[String]) -> Vec<File> {
    let path = |rest: &str| format!("{SOURCE}/{name}/{rest}");
    let contents: BTreeSet<&String> = contents.iter().collect();
    let member = |member: &String| File::new(path(&format!("contents.d/{member}")), "");
    let kind = File::new(path("type"), "bundle\n");
    contents.into_iter().map(member).chain([kind]).collect()
}
