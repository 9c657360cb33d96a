//! The graph of services: who waits for whom, checked when the system is put together.

use std::collections::{BTreeMap, BTreeSet};

use globset::Glob;

use super::finding::{Finding, Problem, Relation};
use super::listen;
use super::service::{After, Kind, Pattern, Readiness, Service};
use crate::plan::{Name, nearest};

/// Services by name, and what each waits for; bundles have given place to what they contain.
#[derive(Debug, Clone)]
pub struct Graph<'a> {
    nodes: BTreeMap<&'a str, Node<'a>>,
}

#[derive(Debug, Clone)]
struct Node<'a> {
    service: &'a Service,
    after: BTreeSet<&'a str>,
}

impl<'a> Graph<'a> {
    /// The graph of `services`, and everything that is wrong with it.
    pub fn new(services: &'a [Service]) -> (Graph<'a>, Vec<Finding>) {
        let mut findings = Vec::new();
        let names = by_name(services, &mut findings);
        let resolver = Resolver { names: &names };
        let mut graph = Graph {
            nodes: BTreeMap::new(),
        };
        for (name, service) in &names {
            let after = resolver.after(service, &mut findings);
            if !matches!(service.kind, Kind::Bundle(_)) {
                graph.nodes.insert(name, Node { service, after });
            }
        }
        resolver.inherit_from_bundles(&mut graph, &mut findings);
        graph.check_pipelines(&mut findings);
        graph.check_readiness(&mut findings);
        graph.check_cycles(&mut findings);
        findings.extend(graph.services().flat_map(misconfigured));
        findings.extend(listen::check(&graph));
        (graph, findings)
    }

    /// The daemons and scripts, by name.
    pub fn services(&self) -> impl Iterator<Item = &'a Service> {
        self.nodes.values().map(|node| node.service)
    }

    /// The daemon or script of this name.
    pub fn get(&self, name: &str) -> Option<&'a Service> {
        self.nodes.get(name).map(|node| node.service)
    }

    /// What the service `name` waits for, by name.
    pub fn after(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.nodes
            .get(name)
            .into_iter()
            .flat_map(|node| node.after.iter().copied())
    }

    /// Everything that is ready before the service `name` starts.
    pub fn all_before(&self, name: &str) -> BTreeSet<&'a str> {
        let (mut seen, mut open) = (BTreeSet::new(), self.after(name).collect::<Vec<_>>());
        while let Some(name) = open.pop() {
            if seen.insert(name) {
                open.extend(self.after(name));
            }
        }
        seen
    }

    /// The services in the order in which they are stopped: those of one group at the same time,
    /// and each after everything that depends on it or writes to it.
    pub fn shutdown(&self) -> Vec<Vec<&'a str>> {
        let mut groups: Vec<Vec<&str>> = Vec::new();
        let mut left: BTreeSet<&str> = self.nodes.keys().copied().collect();
        while !left.is_empty() {
            let needed: BTreeSet<&str> = left
                .iter()
                .flat_map(|name| self.stopped_after(name))
                .collect();
            let (now, later): (BTreeSet<&str>, _) =
                left.iter().partition(|name| !needed.contains(*name));
            if now.is_empty() {
                // A ring, which is an error anyway.
                groups.push(later.into_iter().collect());
                break;
            }
            groups.push(now.into_iter().collect());
            left = later;
        }
        groups
    }

    /// What is stopped only after the service `name`: what it waits for, and what reads its output.
    fn stopped_after(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let consumer = self
            .nodes
            .get(name)
            .and_then(|node| node.service.as_longrun())
            .and_then(|longrun| longrun.producer_for.as_deref())
            .and_then(|consumer| self.nodes.get_key_value(consumer))
            .map(|(name, _)| *name);
        self.after(name).chain(consumer)
    }

    fn check_pipelines(&self, findings: &mut Vec<Finding>) {
        let mut broken = |service: &Service, relation, other: &str, missing| {
            let (service, location) = (service.name.clone(), service.location);
            let other = other.to_owned();
            let problem = Problem::Pipeline {
                service,
                relation,
                other,
                missing,
            };
            findings.push(Finding::new(problem, location));
        };
        let longrun = |name: &str| self.get(name).and_then(Service::as_longrun);
        for service in self.services() {
            let Some(own) = service.as_longrun() else {
                continue;
            };
            if let Some(consumer) = &own.producer_for {
                let reads =
                    longrun(consumer).is_some_and(|c| c.consumer_for.contains(&service.name));
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

    fn check_readiness(&self, findings: &mut Vec<Finding>) {
        for Node { service, after } in self.nodes.values() {
            let waits = |other: &&Service| after.contains(other.name.as_str());
            for other in self
                .services()
                .filter(waits)
                .filter(|other| !other.becomes_ready())
            {
                let (name, defined) = (other.name.clone(), other.location);
                let problem = Problem::NeverReady {
                    service: service.name.clone(),
                    name,
                    defined,
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

    fn check_cycles(&self, findings: &mut Vec<Finding>) {
        let mut search = Search {
            graph: self,
            done: BTreeSet::new(),
            path: Vec::new(),
        };
        for name in self.nodes.keys() {
            if let Some(ring) = search.visit(name) {
                let first = self.nodes[ring[0]].service;
                let location = location_of(first, ring[1]);
                let ring = ring.into_iter().map(str::to_owned).collect();
                findings.push(Finding::new(Problem::Cycle { ring }, location));
            }
        }
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

fn by_name<'a>(
    services: &'a [Service],
    findings: &mut Vec<Finding>,
) -> BTreeMap<&'a str, &'a Service> {
    let mut names: BTreeMap<&str, &Service> = BTreeMap::new();
    for service in services {
        if let Err(error) = Name::new(service.name.as_str()) {
            findings.push(Finding::new(Problem::Name(error), service.location));
        } else if let Some(other) = names.get(service.name.as_str()) {
            let (name, first) = (service.name.clone(), other.location);
            findings.push(Finding::new(
                Problem::SameService { name, first },
                service.location,
            ));
        } else {
            names.insert(&service.name, service);
        }
    }
    names
}

/// Finds what is meant by the names of services.
struct Resolver<'r, 'a> {
    names: &'r BTreeMap<&'a str, &'a Service>,
}

impl<'a> Resolver<'_, 'a> {
    /// What `service` waits for.
    fn after(&self, service: &'a Service, findings: &mut Vec<Finding>) -> BTreeSet<&'a str> {
        let mut all = BTreeSet::new();
        for After { what, location } in &service.after {
            match self.matching(what) {
                Ok(names) => {
                    let others = names.into_iter().filter(|name| {
                        // A pattern may match the service itself.
                        !matches!(what, Pattern::Glob(_)) || *name != service.name
                    });
                    others.for_each(|name| self.members(name, &mut all));
                }
                Err(error) => {
                    let problem = self.problem(service, what, error);
                    findings.push(Finding::new(problem, location));
                }
            }
        }
        all
    }

    fn matching(&self, what: &Pattern) -> Result<Vec<&'a str>, String> {
        match what {
            Pattern::Name(name) => match self.names.get_key_value(name.as_str()) {
                Some((name, _)) => Ok(vec![name]),
                None => Err(String::new()),
            },
            Pattern::Optional(name) => Ok(self
                .names
                .get_key_value(name.as_str())
                .into_iter()
                .map(|(n, _)| *n)
                .collect()),
            Pattern::Glob(glob) => {
                let glob = Glob::new(glob)
                    .map_err(|e| e.kind().to_string())?
                    .compile_matcher();
                Ok(self
                    .names
                    .keys()
                    .copied()
                    .filter(|name| glob.is_match(name))
                    .collect())
            }
        }
    }

    fn problem(&self, service: &Service, what: &Pattern, why: String) -> Problem {
        let own = service.name.clone();
        match what {
            Pattern::Glob(pattern) => Problem::Pattern {
                service: own,
                pattern: pattern.clone(),
                why,
            },
            Pattern::Name(name) | Pattern::Optional(name) => {
                self.unknown(own, Relation::After, name)
            }
        }
    }

    fn unknown(&self, service: String, relation: Relation, name: &str) -> Problem {
        let others = self.names.keys().copied().filter(|other| *other != service);
        let near = nearest(name, others).map(str::to_owned);
        Problem::UnknownService {
            service,
            relation,
            name: name.to_owned(),
            near,
        }
    }

    /// Adds `name` to `all`, or what it contains if it is a bundle.
    fn members(&self, name: &'a str, all: &mut BTreeSet<&'a str>) {
        let (mut open, mut bundles) = (vec![name], BTreeSet::new());
        while let Some(name) = open.pop() {
            #[allow(
                clippy::collapsible_match,
                reason = "a guard would send repeated bundles to the next arm"
            )]
            match self.names.get_key_value(name) {
                Some((
                    name,
                    Service {
                        kind: Kind::Bundle(contents),
                        ..
                    },
                )) => {
                    if bundles.insert(*name) {
                        open.extend(contents.iter().map(String::as_str));
                    }
                }
                Some((name, _)) => drop(all.insert(name)),
                None => {}
            }
        }
    }

    /// What a bundle comes after, its contents come after; contents that nobody defines are found.
    fn inherit_from_bundles(&self, graph: &mut Graph<'a>, findings: &mut Vec<Finding>) {
        for (name, service) in self.names {
            let Kind::Bundle(contents) = &service.kind else {
                continue;
            };
            for unknown in contents
                .iter()
                .filter(|name| !self.names.contains_key(name.as_str()))
            {
                let problem = self.unknown(service.name.clone(), Relation::Contains, unknown);
                findings.push(Finding::new(problem, service.location));
            }
            let (mut members, after) = (BTreeSet::new(), self.after(service, &mut Vec::new()));
            self.members(name, &mut members);
            for member in members {
                let node = graph.nodes.get_mut(member);
                node.into_iter().for_each(|node| node.after.extend(&after));
            }
        }
    }
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
