//! What the names mean that services give of each other: patterns, optional ones, bundles.

use std::collections::{BTreeMap, BTreeSet};

use globset::Glob;

use super::finding::{Finding, Problem, Relation};
use super::kind::Kind;
use super::service::{After, Pattern, Service};
use crate::plan::{Name, nearest};

/// Services and bundles by name; the first of two that share one.
pub(super) fn by_name<'a>(
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

/// What each service and bundle waits for; a bundle's members wait for what the bundle waits for.
pub(super) fn waits<'a>(
    names: &BTreeMap<&'a str, &'a Service>,
    findings: &mut Vec<Finding>,
) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let resolver = Resolver { names };
    let own =
        |(name, service): (&&'a str, &&'a Service)| (*name, resolver.after(service, findings));
    let mut waits = names.iter().map(own).collect();
    resolver.inherit_from_bundles(&mut waits, findings);
    waits
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
    fn inherit_from_bundles(
        &self,
        waits: &mut BTreeMap<&'a str, BTreeSet<&'a str>>,
        findings: &mut Vec<Finding>,
    ) {
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
                waits.entry(member).or_default().extend(&after);
            }
        }
    }
}
