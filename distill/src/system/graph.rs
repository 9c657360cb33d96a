//! The graph of services: who waits for whom.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::Finding;
use super::kind::Kind;
use super::resolve;
use super::service::Service;

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
    /// The graph of `services`, and every name in it that is wrong or that nobody has. What else is wrong
    /// with them, [`Platform::root`](super::Platform::root) finds.
    pub fn new(services: &'a [Service]) -> (Graph<'a>, Vec<Finding>) {
        let mut findings = Vec::new();
        let names = resolve::by_name(services, &mut findings);
        let mut waits = resolve::waits(&names, &mut findings);
        let is_run = |service: &Service| !matches!(service.kind, Kind::Bundle(_));
        let nodes = names
            .into_iter()
            .filter(|(_, service)| is_run(service))
            .map(|(name, service)| {
                let after = waits.remove(name).unwrap_or_default();
                (name, Node { service, after })
            });
        let nodes = nodes.collect();
        (Graph { nodes }, findings)
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

    /// The directories that services provide.
    pub(super) fn provided(&self) -> impl Iterator<Item = &'a str> {
        self.services()
            .flat_map(|service| service.provides.iter().map(String::as_str))
    }

    /// What is stopped only after the service `name`: what it waits for, and what reads its output.
    pub(super) fn stopped_after(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let consumer = self
            .nodes
            .get(name)
            .and_then(|node| node.service.as_longrun())
            .and_then(|longrun| longrun.producer_for.as_deref())
            .and_then(|consumer| self.nodes.get_key_value(consumer))
            .map(|(name, _)| *name);
        self.after(name).chain(consumer)
    }
}
