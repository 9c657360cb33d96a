//! Plans as definitions: nodes of a graph whose leaves are sources and literals.

use std::collections::HashSet;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use super::action::Action;
use super::artifact::Artifact;
use super::name::{Name, Version};

/// What is known of a plan beside what it does: never part of a hash.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meta {
    /// Upstream's version.
    pub version: Option<Version>,
    /// The triple that the output is for.
    pub target: Option<String>,
    /// An SPDX expression.
    pub licence: Option<String>,
    /// Upstream's page.
    pub homepage: Option<String>,
    /// `vendor:product` of the Common Platform Enumeration, for vulnerability reports.
    pub cpe: Option<String>,
    /// A longer time than usual after which a build counts as hung.
    pub timeout: Option<Duration>,
}

/// Something wrong with a definition, found before anything is built.
#[derive(Debug, Clone)]
pub struct DefinitionError {
    /// The package or plan.
    pub subject: String,
    /// What is wrong: a lower-case phrase, with hints on further lines.
    pub message: String,
    /// Where the recipe says so.
    pub location: &'static Location<'static>,
}

impl fmt::Display for DefinitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` ({}): {}",
            self.subject, self.location, self.message
        )
    }
}

impl std::error::Error for DefinitionError {}

/// A node of the graph: cheap to clone, shared by everything that uses it.
#[derive(Clone)]
pub struct Plan(Arc<Data>);

struct Data {
    name: Name,
    meta: Meta,
    location: &'static Location<'static>,
    action: Result<Action<Artifact>, DefinitionError>,
}

/// A plan in the making.
#[derive(Debug, Clone)]
pub struct PlanBuilder {
    name: Name,
    meta: Meta,
    location: &'static Location<'static>,
}

impl PlanBuilder {
    /// The same with everything known about the package.
    pub fn meta(mut self, meta: Meta) -> PlanBuilder {
        self.meta = meta;
        self
    }

    /// The same, defined somewhere else than where it was made.
    pub fn location(mut self, location: &'static Location<'static>) -> PlanBuilder {
        self.location = location;
        self
    }

    /// The plan that runs `action`; one that cannot be built, if no program would see what `action`
    /// gives it.
    pub fn action(self, action: Action<Artifact>) -> Plan {
        match action.unseen() {
            None => self.finish(Ok(action)),
            Some(message) => self.invalid(message),
        }
    }

    /// A plan that cannot be built; whoever walks the graph finds the message.
    pub fn invalid(self, message: impl Into<String>) -> Plan {
        let (subject, location) = (self.name.to_string(), self.location);
        self.finish(Err(DefinitionError {
            subject,
            message: message.into(),
            location,
        }))
    }

    fn finish(self, action: Result<Action<Artifact>, DefinitionError>) -> Plan {
        let PlanBuilder {
            name,
            meta,
            location,
        } = self;
        Plan(Arc::new(Data {
            name,
            meta,
            location,
            action,
        }))
    }
}

impl Plan {
    /// Begins a plan; its location is the caller's.
    #[track_caller]
    pub fn named(name: Name) -> PlanBuilder {
        PlanBuilder {
            name,
            meta: Meta::default(),
            location: Location::caller(),
        }
    }

    /// The name.
    pub fn name(&self) -> &Name {
        &self.0.name
    }

    /// Name, version and target, as far as they are known: `zlib-1.3.1 (x86_64-linux-musl)`.
    pub fn label(&self) -> String {
        let mut label = self.0.name.to_string();
        if let Some(version) = &self.0.meta.version {
            label = format!("{label}-{version}");
        }
        match &self.0.meta.target {
            Some(target) => format!("{label} ({target})"),
            None => label,
        }
    }

    /// What is known beside what it does.
    pub fn meta(&self) -> &Meta {
        &self.0.meta
    }

    /// Where the recipe stands.
    pub fn location(&self) -> &'static Location<'static> {
        self.0.location
    }

    /// What it does, or why it cannot be built.
    pub fn action(&self) -> Result<&Action<Artifact>, &DefinitionError> {
        self.0.action.as_ref()
    }

    /// The plans it needs directly.
    pub fn dependencies(&self) -> impl Iterator<Item = &Plan> {
        let inputs = self.action().map(Action::inputs).unwrap_or_default();
        inputs.into_iter().filter_map(|artifact| match artifact {
            Artifact::Plan(plan) => Some(plan),
            _ => None,
        })
    }

    /// A number that tells nodes of one graph apart.
    pub fn id(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label())
    }
}

impl PartialEq for Plan {
    /// Whether the two are one node.
    fn eq(&self, other: &Plan) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Plan {}

/// All plans that `roots` need, and themselves, each once, dependencies first.
pub fn closure<'a>(roots: impl IntoIterator<Item = &'a Plan>) -> Vec<&'a Plan> {
    let (mut seen, mut sorted) = (HashSet::new(), Vec::new());
    // A stack of our own: graphs are deeper than a thread's stack may be.
    let mut stack: Vec<(&Plan, bool)> = roots.into_iter().map(|plan| (plan, false)).collect();
    stack.reverse();
    while let Some((plan, expanded)) = stack.pop() {
        if expanded {
            sorted.push(plan);
        } else if seen.insert(plan.id()) {
            stack.push((plan, true));
            stack.extend(plan.dependencies().map(|dependency| (dependency, false)));
        }
    }
    sorted
}
