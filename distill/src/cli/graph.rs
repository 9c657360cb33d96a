//! The graph of a target in the light of a store: what is known of each plan, and how to find one.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use super::error::CliError;
use super::target::Target;
use crate::engine::{BuildError, unreadable};
use crate::plan::{Action, Artifact, Object, Plan, PlanHash, Resolved, Source, closure, nearest};
use crate::store::Store;
use crate::store::intake::literal_tree;

/// A plan, and what the store knows of it.
pub(super) struct Node<'p> {
    pub(super) plan: &'p Plan,
    /// Its canonical form, if the contents of all inputs are known.
    pub(super) resolved: Option<Resolved>,
    pub(super) hash: Option<PlanHash>,
    /// What it made, according to the records.
    pub(super) output: Option<Object>,
    /// Whether the bytes of that are there.
    pub(super) present: bool,
}

/// All plans, inputs before users.
pub(super) struct Graph<'p> {
    pub(super) nodes: Vec<Node<'p>>,
    /// By [`Plan::id`].
    places: HashMap<usize, usize>,
    /// Names that a target gives, beside those of the plans.
    names: BTreeMap<String, usize>,
}

/// The shortest beginning of a hash that finds a plan.
const SHORTEST: usize = 4;

impl<'p> Graph<'p> {
    /// The graph of `roots`: the image, and the packages that the target names.
    pub(super) fn new(
        roots: &'p [Plan],
        target: &Target,
        store: &Store,
    ) -> Result<Graph<'p>, CliError> {
        let mut graph = Graph {
            nodes: Vec::new(),
            places: HashMap::new(),
            names: BTreeMap::new(),
        };
        for plan in closure(roots) {
            let node = graph.look(plan, store)?;
            graph.places.insert(plan.id(), graph.nodes.len());
            graph.nodes.push(node);
        }
        let named = target
            .packages()
            .iter()
            .map(|(name, plan)| (name.as_str(), plan));
        let image = roots.first().map(|image| (target.name(), image));
        for (name, plan) in named.chain(image) {
            if let Some(place) = graph.places.get(&plan.id()) {
                graph.names.insert(name.to_owned(), *place);
            }
        }
        Ok(graph)
    }

    fn look(&self, plan: &'p Plan, store: &Store) -> Result<Node<'p>, CliError> {
        let resolved = match plan.action() {
            Ok(action) => self.resolve(plan, action)?,
            Err(_) => None,
        };
        let hash = resolved.as_ref().map(Resolved::hash);
        let record = hash.map(|hash| store.record(&hash)).transpose()?.flatten();
        let output = record.map(|record| record.output);
        let present = output.is_some_and(|output| store.has(&output));
        Ok(Node {
            plan,
            resolved,
            hash,
            output,
            present,
        })
    }

    fn resolve(
        &self,
        plan: &Plan,
        action: &Action<Artifact>,
    ) -> Result<Option<Resolved>, CliError> {
        let resolved = action.try_map(|artifact| match artifact {
            Artifact::Source(source) => Ok(Object::Blob(source.digest)),
            Artifact::Literal(literal) => match literal_tree(literal) {
                Ok(tree) => Ok(Object::Tree(tree.hash())),
                Err(error) => Err(Some(error)),
            },
            Artifact::Plan(plan) => self.node(plan).output.ok_or(None),
        });
        match resolved {
            Ok(action) => Ok(Some(Resolved::new(action))),
            Err(None) => Ok(None),
            Err(Some(error)) => Err(BuildError::Definition(vec![unreadable(plan, &error)]).into()),
        }
    }

    /// The node of a plan of this graph.
    pub(super) fn node(&self, plan: &Plan) -> &Node<'p> {
        &self.nodes[self.places[&plan.id()]]
    }

    /// Every source once, in the order in which they are needed.
    pub(super) fn sources(&self) -> Vec<Source> {
        let mut sources: Vec<Source> = Vec::new();
        let mut places: HashMap<_, usize> = HashMap::new();
        for node in &self.nodes {
            for artifact in node.plan.action().map(Action::inputs).unwrap_or_default() {
                let Artifact::Source(source) = artifact else {
                    continue;
                };
                match places.entry(source.digest) {
                    Entry::Occupied(place) => sources[*place.get()].absorb(source),
                    Entry::Vacant(vacant) => {
                        vacant.insert(sources.len());
                        sources.push(source.clone());
                    }
                }
            }
        }
        sources
    }

    /// The plans that `text` may mean: a name or label, or the beginning of a hash. If programs run
    /// for some of them, those are meant.
    pub(super) fn find(&self, text: &str) -> Vec<&Node<'p>> {
        if let Some(place) = self.names.get(text) {
            return vec![&self.nodes[*place]];
        }
        let named: Vec<_> = self
            .nodes
            .iter()
            .filter(|node| is_called(node.plan, text))
            .collect();
        let builds: Vec<_> = named
            .iter()
            .copied()
            .filter(|node| node.is_build())
            .collect();
        match (builds.is_empty(), named.is_empty()) {
            (false, _) => builds,
            (true, false) => named,
            (true, true) => self.by_hash(hash_text(text)),
        }
    }

    fn by_hash(&self, prefix: &str) -> Vec<&Node<'p>> {
        let begins = |node: &&Node<'_>| {
            node.hash
                .is_some_and(|hash| hash.to_string().starts_with(prefix))
        };
        let long = prefix.len() >= SHORTEST;
        self.nodes.iter().filter(begins).filter(|_| long).collect()
    }

    /// The one plan that `text` means.
    pub(super) fn one(&self, text: &str) -> Result<&Node<'p>, CliError> {
        match self.find(text)[..] {
            [node] => Ok(node),
            [] => Err(self.nothing(text)),
            // Two definitions of the same.
            [node, ref others @ ..]
                if node.hash.is_some() && others.iter().all(|other| other.hash == node.hash) =>
            {
                Ok(node)
            }
            ref several => Err(CliError::Usage(ambiguous(text, several))),
        }
    }

    /// What to say when nothing is called `text`.
    pub(super) fn nothing(&self, text: &str) -> CliError {
        let names = self.nodes.iter().map(|node| node.plan.name().as_str());
        let near = nearest(text, names.chain(self.names.keys().map(String::as_str)));
        let hint = match near {
            Some(near) => format!("there is a `{near}`"),
            None => "`plan` lists what there is".to_owned(),
        };
        CliError::Usage(format!(
            "cannot find a package or plan `{text}`\nhint: {hint}"
        ))
    }
}

impl Node<'_> {
    pub(super) fn is_build(&self) -> bool {
        self.plan.action().is_ok_and(Action::is_build)
    }

    /// What it does, in one word.
    pub(super) fn kind(&self) -> &'static str {
        match self.plan.action() {
            Err(_) => "broken",
            Ok(_) if self.plan.meta().prebuilt => "binary",
            Ok(action) => action.operation().name(),
        }
    }
}

/// The plan of a hash that the store knows, by its beginning. It need not be of this target.
pub(super) fn stored(text: &str, store: &Store) -> Result<Option<PlanHash>, CliError> {
    let prefix = hash_text(text);
    if prefix.len() < SHORTEST {
        return Ok(None);
    }
    match store.plans(prefix)?[..] {
        [] => Ok(None),
        [plan] => Ok(Some(plan)),
        [..] => Err(CliError::Usage(format!(
            "cannot tell which plan `{text}` is: several hashes begin so\nhint: give more of it"
        ))),
    }
}

/// The short hash of a plan as an argument. One that looks like an option gets an `@`.
pub(super) fn argument(plan: &PlanHash) -> String {
    let short = plan.0.short();
    if short.starts_with('-') {
        format!("@{short}")
    } else {
        short
    }
}

fn hash_text(text: &str) -> &str {
    text.strip_prefix('@').unwrap_or(text)
}

fn is_called(plan: &Plan, text: &str) -> bool {
    let name = plan.name().as_str();
    let versioned = |version| text == format!("{name}-{version}");
    name == text || plan.label() == text || plan.meta().version.as_ref().is_some_and(versioned)
}

fn ambiguous(text: &str, several: &[&Node<'_>]) -> String {
    let mut message = format!("cannot tell which plan `{text}` is:");
    for node in several {
        let hash = node
            .hash
            .as_ref()
            .map_or_else(|| "not known yet".to_owned(), argument);
        message += &format!(
            "\n  {hash}  {} ({})",
            node.plan.label(),
            node.plan.location()
        );
    }
    message + "\nhint: give the label or the hash instead of the name"
}
