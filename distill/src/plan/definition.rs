//! Plans as definitions: nodes of a graph whose leaves are sources and literals. What a plan is made from is
//! an artifact, and an artifact may be a plan, so that both stand here.

use std::collections::HashSet;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use camino::Utf8PathBuf;

use super::action::{Action, Merge};
use super::literal::{Contents, Literal, LiteralNode};
use super::mode::Mode;
use super::name::{Name, Version};
use super::path::RelPath;
use super::source::Source;

/// Content by definition: bytes with a pin, bytes written down, or what a plan makes.
#[derive(Debug, Clone)]
pub enum Artifact {
    /// A blob from outside.
    Source(Source),
    /// A small tree written down in the recipe.
    Literal(Literal),
    /// The output of a plan.
    Plan(Plan),
}

impl Artifact {
    /// A tree of one file.
    pub fn file(path: RelPath, mode: Mode, contents: impl Into<Contents>) -> Artifact {
        let node = LiteralNode::File {
            mode: Some(mode),
            contents: contents.into(),
        };
        Artifact::Literal(Literal::of(path, node))
    }

    /// A tree of one symbolic link.
    pub fn symlink(path: RelPath, target: impl Into<String>) -> Artifact {
        let node = LiteralNode::Symlink {
            target: target.into(),
        };
        Artifact::Literal(Literal::of(path, node))
    }

    /// A tree of one directory.
    pub fn dir(path: RelPath, mode: Mode) -> Artifact {
        Artifact::Literal(Literal::of(path, LiteralNode::Dir { mode }))
    }

    /// What to call it in a message.
    pub fn label(&self) -> String {
        match self {
            Artifact::Source(source) => source.file_name.clone(),
            Artifact::Plan(plan) => plan.label(),
            Artifact::Literal(literal) => match literal.0.keys().next() {
                Some(path) if literal.0.len() == 1 => format!("/{path}"),
                _ => "files of the recipe".to_owned(),
            },
        }
    }
}

impl From<Plan> for Artifact {
    fn from(plan: Plan) -> Artifact {
        Artifact::Plan(plan)
    }
}

impl From<&Plan> for Artifact {
    fn from(plan: &Plan) -> Artifact {
        Artifact::Plan(plan.clone())
    }
}

impl From<Source> for Artifact {
    fn from(source: Source) -> Artifact {
        Artifact::Source(source)
    }
}

impl From<Literal> for Artifact {
    fn from(literal: Literal) -> Artifact {
        Artifact::Literal(literal)
    }
}

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
    /// The package's address, as the package URL specification has it: `pkg:cargo/serde@1.0.228`.
    pub purl: Option<String>,
    /// The directory of this machine that it was read from: it has no pin.
    pub local: Option<Utf8PathBuf>,
    /// Whether somebody else has built it, and it is not from source.
    pub prebuilt: bool,
    /// A longer time than usual after which a build counts as hung.
    pub timeout: Option<Duration>,
    /// What to tell if it fails.
    pub hints: Vec<Hint>,
}

/// What mends a failure that is known by its last lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hint {
    /// Texts, each of which gives the failure away.
    pub seen: &'static [&'static str],
    /// What to do about it: a phrase that names what to write.
    pub text: &'static str,
}

impl Meta {
    /// What mends a failure with these last lines, as far as it is known.
    pub fn hints_for(&self, lines: &[String]) -> Vec<String> {
        let known = |hint: &&Hint| {
            let mut seen = hint.seen.iter();
            seen.any(|text| lines.iter().any(|line| line.contains(text)))
        };
        let found = self.hints.iter().filter(known);
        found.map(|hint| hint.text.to_owned()).collect()
    }
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

impl Data {
    /// Lets go of what it is made from, and puts the plans of that on `stack`.
    fn dismantle(&mut self, stack: &mut Vec<Plan>) {
        let inputs = self.action.as_ref().map(Action::inputs).unwrap_or_default();
        stack.extend(inputs.into_iter().filter_map(|artifact| match artifact {
            Artifact::Plan(plan) => Some(plan.clone()),
            Artifact::Source(_) | Artifact::Literal(_) => None,
        }));
        // The stack holds every plan of the action, so that none of them ends in here.
        let inputs = Vec::new();
        self.action = Ok(Action::Merge(Merge { inputs }));
    }
}

impl Drop for Data {
    /// With a stack of our own: graphs are deeper than a thread's stack, and each plan holds its inputs.
    fn drop(&mut self) {
        let mut stack = Vec::new();
        self.dismantle(&mut stack);
        while let Some(Plan(data)) = stack.pop() {
            // Exactly one of all holders gets the data, also if several threads let go at once.
            if let Some(mut data) = Arc::into_inner(data) {
                data.dismantle(&mut stack);
            }
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{AbsPath, Input};

    /// A chain of plans; the last one holds all others.
    fn chain(length: usize) -> Plan {
        let named = || Plan::named(Name::new("x").unwrap());
        let merge = |of: Option<Plan>| {
            let input = |plan: Plan| Input {
                at: AbsPath::root(),
                of: Artifact::Plan(plan),
            };
            let inputs = of.map(input).into_iter().collect();
            named().action(Action::Merge(Merge { inputs }))
        };
        (1..length).fold(merge(None), |last, _| merge(Some(last)))
    }

    #[test]
    fn a_million_plans_deep_is_no_matter() {
        let small = std::thread::Builder::new().stack_size(64 << 10);
        let work = || {
            let top = chain(1_000_000);
            let same = top.clone();
            assert_eq!(closure([&top]).len(), 1_000_000);
            assert_eq!((top == same, format!("{top:?}")), (true, "x".to_owned()));
            drop(top);
            // What somebody still holds stays whole.
            assert_eq!(closure([&same]).len(), 1_000_000);
        };
        small.spawn(work).unwrap().join().unwrap();
    }

    #[test]
    fn several_threads_may_let_go_of_one_graph() {
        for _ in 0..20 {
            let plans: Vec<Plan> = vec![chain(20_000); 4];
            std::thread::scope(|scope| {
                for plan in plans {
                    let thread = std::thread::Builder::new().stack_size(64 << 10);
                    thread.spawn_scoped(scope, move || drop(plan)).unwrap();
                }
            });
        }
    }
}
