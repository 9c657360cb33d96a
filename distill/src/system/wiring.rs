//! How services hang together: pipes have both ends, what is waited for becomes ready, nothing waits
//! for itself.

use std::collections::BTreeSet;

use super::finding::{Finding, Problem, Relation};
use super::graph::Graph;
use super::kind::Readiness;
use super::service::{After, Pattern, Service};

/// What is wrong between services, and with what each says about itself.
pub(super) fn check(graph: &Graph<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    pipelines(graph, &mut findings);
    readiness(graph, &mut findings);
    cycles(graph, &mut findings);
    findings.extend(graph.services().flat_map(misconfigured));
    findings
}

/// Each end of a pipe names the other one.
fn pipelines(graph: &Graph<'_>, findings: &mut Vec<Finding>) {
    let mut broken = |service: &Service, relation, other: &str, missing| {
        let problem = Problem::Pipeline {
            service: service.name.clone(),
            relation,
            other: other.to_owned(),
            missing,
        };
        findings.push(Finding::new(problem, service.location));
    };
    let longrun = |name: &str| graph.get(name).and_then(Service::as_longrun);
    for service in graph.services() {
        let Some(own) = service.as_longrun() else {
            continue;
        };
        if let Some(consumer) = &own.producer_for {
            let reads = longrun(consumer).is_some_and(|c| c.consumer_for.contains(&service.name));
            if !reads {
                broken(service, Relation::ProducerFor, consumer, "consumer_for");
            }
        }
        for producer in &own.consumer_for {
            let to = longrun(producer).and_then(|p| p.producer_for.as_ref());
            if to != Some(&service.name) {
                broken(service, Relation::ConsumerFor, producer, "producer_for");
            }
        }
    }
}

/// What is waited for says when it is ready, and not on a standard stream.
fn readiness(graph: &Graph<'_>, findings: &mut Vec<Finding>) {
    for service in graph.services() {
        let waited_for = graph
            .after(&service.name)
            .filter_map(|name| graph.get(name));
        for other in waited_for.filter(|other| !other.becomes_ready()) {
            let problem = Problem::NeverReady {
                service: service.name.clone(),
                name: other.name.clone(),
                defined: other.location,
            };
            findings.push(Finding::new(problem, location_of(service, &other.name)));
        }
        let readiness = service.as_longrun().map(|longrun| &longrun.readiness);
        if let Some(Readiness::NotificationFd(fd @ 0..3)) = readiness {
            let problem = Problem::NotificationFd {
                service: service.name.clone(),
                fd: *fd,
            };
            findings.push(Finding::new(problem, service.location));
        }
    }
}

/// Nothing waits for itself, when it starts or when it stops.
fn cycles(graph: &Graph<'_>, findings: &mut Vec<Finding>) {
    let mut search = Search {
        graph,
        done: BTreeSet::new(),
        path: Vec::new(),
    };
    for service in graph.services() {
        let Some(ring) = search.visit(&service.name) else {
            continue;
        };
        let first = graph.get(ring[0]).unwrap_or(service);
        let location = location_of(first, ring[1]);
        let ring = ring.into_iter().map(str::to_owned).collect();
        findings.push(Finding::new(Problem::Cycle { ring }, location));
    }
}

/// What the service itself says is wrong with it.
fn misconfigured(service: &Service) -> impl Iterator<Item = Finding> {
    let problem = |why: &String| Problem::Configuration {
        service: service.name.clone(),
        why: why.clone(),
    };
    let problems = service.problems.iter().map(problem);
    problems.map(|problem| Finding::new(problem, service.location))
}

/// Where `service` says that it comes after `other`, if it says so by name.
fn location_of(service: &Service, other: &str) -> &'static std::panic::Location<'static> {
    let names = |after: &&After| match &after.what {
        Pattern::Name(name) | Pattern::Optional(name) => name == other,
        Pattern::Glob(_) => false,
    };
    service
        .after
        .iter()
        .find(names)
        .map_or(service.location, |after| after.location)
}

/// A search for rings, depth first.
struct Search<'g, 'a> {
    graph: &'g Graph<'a>,
    done: BTreeSet<&'a str>,
    path: Vec<&'a str>,
}

impl<'a> Search<'_, 'a> {
    /// A ring that `name` leads to, with its first name at the end again.
    fn visit(&mut self, name: &'a str) -> Option<Vec<&'a str>> {
        if let Some(at) = self.path.iter().position(|other| *other == name) {
            return Some([&self.path[at..], &[name]].concat());
        }
        if !self.done.insert(name) {
            return None;
        }
        self.path.push(name);
        let next: Vec<&str> = self.graph.stopped_after(name).collect();
        let ring = next.into_iter().find_map(|next| self.visit(next));
        self.path.pop();
        ring
    }
}
