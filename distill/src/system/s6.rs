//! The s6 back end: services as service directories for `s6-svscan`.
//!
//! s6 knows daemons only, and starts all of them at once. So a service waits itself for what it
//! comes after, by s6's readiness events, before it becomes its program; and a one-shot is a daemon
//! that runs its script, says that it is ready, and sleeps until shutdown. One that failed sleeps
//! without being ready: what comes after it waits, and `s6-svc -r` tries again.
//!
//! A pipeline is a FIFO that both ends open for reading and writing: neither can lose the other,
//! and what is in it survives the restart of one of them.

use std::time::Duration;

use super::file::File;
use super::graph::Graph;
use super::kind::{Kind, Longrun, Oneshot};
use super::places::{PIPES, SCANDIR, TEMPLATE};
use super::service::Service;
use super::service_dir::{ServiceDir, become_user, ground, notification_fd};
use crate::execline;
use crate::package::{Script, Words};

/// Waits until the services of the directories it is given are ready.
const AWAIT: &str = "/usr/libexec/distill/await-ready";
/// Runs a one-shot's script once, and stays. (The scripts lie in `data`, where s6 never looks for
/// anything: a file `down` beside `run` would mean that the service is not to be started.)
const ONESHOT: &str = "/usr/libexec/distill/oneshot";
/// How long a group of services may take to end at shutdown, if nothing is said.
const TIMEOUT_DOWN: Duration = Duration::from_secs(10);

/// The programs that the service directories use.
pub(super) fn programs() -> Vec<File> {
    vec![
        File::new(AWAIT, include_str!("s6/await-ready.sh")).mode(0o755),
        File::new(ONESHOT, include_str!("s6/oneshot.sh")).mode(0o755),
    ]
}

/// The service directories of all services.
pub(super) fn service_directories(graph: &Graph<'_>) -> Vec<File> {
    graph
        .services()
        .flat_map(|service| service_directory(graph, service))
        .collect()
}

/// The FIFOs of the pipelines.
pub(super) fn pipes(graph: &Graph<'_>) -> Vec<String> {
    let consumers = graph.services().filter(|service| {
        service
            .as_longrun()
            .is_some_and(|longrun| !longrun.consumer_for.is_empty())
    });
    consumers.map(|service| pipe(&service.name)).collect()
}

fn pipe(consumer: &str) -> String {
    format!("{PIPES}/{consumer}")
}

fn live(name: &str) -> String {
    format!("{SCANDIR}/{name}")
}

fn service_directory(graph: &Graph<'_>, service: &Service) -> Vec<File> {
    let mut dir = ServiceDir::new(TEMPLATE, service);
    let waits: Vec<String> = graph.after(&service.name).map(live).collect();
    let begin = Script::from_iter([wait(&waits), ground(graph, service)]);
    match &service.kind {
        Kind::Longrun(longrun) => longrun_files(&mut dir, begin, longrun),
        Kind::Oneshot(oneshot) => oneshot_files(&mut dir, begin, oneshot),
        Kind::Bundle(_) => {}
    }
    dir.files
}

/// Waits for the services of `dirs`.
fn wait(dirs: &[String]) -> Script {
    match dirs {
        [] => Script::new(),
        dirs => execline! { if { #{AWAIT} #{dirs} } },
    }
}

fn longrun_files(dir: &mut ServiceDir<'_>, begin: Script, longrun: &Longrun) {
    let (service, fd) = (dir.service, notification_fd(longrun));
    let before = [begin, pipeline(&service.name, longrun), limit(service, fd)];
    dir.longrun(Script::from_iter(before), longrun);
    dir.milliseconds("timeout-kill", service.timeout_down);
}

/// Joins the ends of pipelines.
fn pipeline(name: &str, longrun: &Longrun) -> Script {
    let reads = !longrun.consumer_for.is_empty();
    let input = reads.then(|| execline! { redirfd -u 0 #{pipe(name)} });
    let output = longrun
        .producer_for
        .as_ref()
        .map(|to| execline! { redirfd -u 1 #{pipe(to)} });
    input.into_iter().chain(output).collect()
}

/// Starts the service again if it is not ready in time.
fn limit(service: &Service, fd: Option<u32>) -> Script {
    let (Some(limit), Some(fd)) = (service.timeout_up, fd) else {
        return Script::new();
    };
    let late = format!(
        "service {} is not ready after {limit:?}, starting it again",
        service.name
    );
    execline! {
        background {
            fdclose #{fd}
            if -n { s6-svwait -U -t #{limit.as_millis()} #{"."} }
            foreground { redirfd -w 1 /dev/console echo #{late} }
            s6-svc -r #{"."}
        }
    }
}

fn oneshot_files(dir: &mut ServiceDir<'_>, begin: Script, oneshot: &Oneshot) {
    let (service, name) = (dir.service, &dir.service.name);
    let limit: Words = match service.timeout_up {
        Some(limit) => ["timeout".to_owned(), limit.as_secs_f64().to_string()].into(),
        None => Words::new(),
    };
    let up = execline! {
        fdmove -c 2 1
        #{ONESHOT} #{name} #{limit} #{"data/up"}
    };
    dir.script("run", begin.then(up));
    dir.script("data/up", become_user(service).then(&oneshot.up));
    let done = format!("/run/oneshot/{name}");
    let down = oneshot
        .down
        .as_ref()
        .map(|_| execline! { foreground { #{"data/down"} } });
    dir.script(
        "finish",
        execline! {
            if { test -e #{&done} }
            #{down}
            rm #{&done}
        },
    );
    if let Some(down) = &oneshot.down {
        dir.script("data/down", become_user(service).then(down));
    }
    dir.value("notification-fd", 3);
    // Without a limit of its own it may take as long as shutdown gives it.
    dir.milliseconds(
        "timeout-finish",
        Some(service.timeout_down.unwrap_or_default()),
    );
}

/// Stops all services, each after everything that depends on it.
pub(super) fn stop_all(graph: &Graph<'_>) -> Script {
    let stop = |group: &Vec<&str>| {
        let limits = group
            .iter()
            .filter_map(|name| graph.get(name)?.timeout_down);
        // Killing takes a moment, too.
        let limit = limits.map(|limit| limit + Duration::from_secs(1)).max();
        let limit = limit.unwrap_or_default().max(TIMEOUT_DOWN).as_millis();
        let dirs: Vec<String> = group.iter().map(|name| live(name)).collect();
        execline! {
            foreground { forx -E dir { #{dirs.clone()} } s6-svc -d $dir }
            foreground { s6-svwait -D -t #{limit} #{dirs.clone()} }
        }
    };
    graph.shutdown().iter().map(stop).collect()
}
