//! The graph of a run: every plan, source and literal once, as nodes with numbers.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::plan::{
    Action, Artifact, DefinitionError, Digest, Literal, Object, Plan, Resolved, Source, closure,
};

/// The number of a node.
pub(super) type NodeId = usize;

/// What a node stands for.
#[derive(Clone, Copy)]
pub(super) enum Kind<'a> {
    Plan(&'a Plan),
    Source(&'a Source),
    Literal(&'a Literal),
}

/// One thing that is, or is to come, in the store.
pub(super) struct Node<'a> {
    pub(super) kind: Kind<'a>,
    /// Of a source: those with the same digest that came after it, which may have other origins.
    pub(super) alike: Vec<&'a Source>,
    /// What it is made from, in the order of the action.
    pub(super) inputs: Vec<NodeId>,
    /// What is made from it.
    pub(super) users: Vec<NodeId>,
    /// How long it took last time, or a guess.
    pub(super) estimate: Duration,
    /// The longest path from its start to the end of everything that needs it.
    pub(super) rank: Duration,
}

/// All nodes, inputs before users.
pub(super) struct Graph<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) roots: Vec<NodeId>,
}

impl<'a> Node<'a> {
    /// Remembers a source that is this node too, if it tells anything new: most are copies.
    fn meet(&mut self, source: &'a Source) {
        let first = matches!(self.kind, Kind::Source(first) if first == source);
        if !first && !self.alike.contains(&source) {
            self.alike.push(source);
        }
    }

    /// The source, with the origins and the names of all that have its digest.
    pub(super) fn source(&self) -> Option<Source> {
        let Kind::Source(first) = self.kind else {
            return None;
        };
        let mut whole = first.clone();
        self.alike.iter().for_each(|other| whole.absorb(other));
        Some(whole)
    }

    pub(super) fn label(&self) -> String {
        match self.source() {
            Some(source) => source.file_name,
            None => self.kind.label(),
        }
    }
}

impl Kind<'_> {
    pub(super) fn label(&self) -> String {
        match self {
            Kind::Plan(plan) => plan.label(),
            Kind::Source(source) => source.file_name.clone(),
            Kind::Literal(literal) => Artifact::Literal((*literal).clone()).label(),
        }
    }

    pub(super) fn is_build(&self) -> bool {
        matches!(self, Kind::Plan(plan) if plan.action().is_ok_and(Action::is_build))
    }

    /// How long it may take, as long as nobody knows. A package that asks for a longer time limit
    /// than usual is expected to need a part of it.
    fn guess(&self) -> Duration {
        match self {
            Kind::Plan(plan) if self.is_build() => plan
                .meta()
                .timeout
                .map_or(Duration::from_secs(20), |limit| limit / 20),
            Kind::Plan(_) => Duration::from_millis(200),
            Kind::Source(_) => Duration::from_secs(2),
            Kind::Literal(_) => Duration::ZERO,
        }
    }
}

impl<'a> Graph<'a> {
    /// The graph that `roots` need, or everything that is wrong with its definitions.
    pub(super) fn new(
        roots: &'a [Plan],
        history: &BTreeMap<String, u64>,
    ) -> Result<Graph<'a>, Vec<DefinitionError>> {
        let plans = closure(roots);
        let errors: Vec<_> = plans
            .iter()
            .filter_map(|plan| plan.action().err().cloned())
            .collect();
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut growing = Growing::default();
        for plan in plans {
            growing.plan(plan);
        }
        let mut nodes = growing.nodes;
        let roots = roots.iter().map(|root| growing.plans[&root.id()]).collect();
        for node in &mut nodes {
            let known = history
                .get(&node.label())
                .copied()
                .map(Duration::from_millis);
            node.estimate = known.unwrap_or_else(|| node.kind.guess());
        }
        rank(&mut nodes);
        Ok(Graph { nodes, roots })
    }

    /// The first plan that is made from a node.
    pub(super) fn user(&self, id: NodeId) -> Option<&'a Plan> {
        let user = self.nodes[id].users.first()?;
        match self.nodes[*user].kind {
            Kind::Plan(plan) => Some(plan),
            Kind::Source(_) | Kind::Literal(_) => None,
        }
    }

    /// The plan of a node, once all its inputs' contents are known.
    pub(super) fn resolve(
        &self,
        id: NodeId,
        output: impl Fn(NodeId) -> Object,
    ) -> Option<Resolved> {
        let node = &self.nodes[id];
        let Kind::Plan(plan) = node.kind else {
            return None;
        };
        let mut inputs = node.inputs.iter();
        let action = plan.action().ok()?.try_map(|_| {
            Ok::<_, std::convert::Infallible>(output(*inputs.next().expect("a node per input")))
        });
        let Ok(action) = action;
        Some(Resolved::new(action))
    }
}

#[derive(Default)]
struct Growing<'a> {
    nodes: Vec<Node<'a>>,
    plans: HashMap<usize, NodeId>,
    sources: HashMap<Digest, NodeId>,
    literals: HashMap<*const Literal, NodeId>,
}

impl<'a> Growing<'a> {
    /// Adds a plan whose own plans are there already.
    fn plan(&mut self, plan: &'a Plan) {
        let artifacts = plan.action().map(Action::inputs).unwrap_or_default();
        let inputs: Vec<NodeId> = artifacts.into_iter().map(|of| self.artifact(of)).collect();
        let id = self.push(Kind::Plan(plan));
        for input in &inputs {
            self.nodes[*input].users.push(id);
        }
        self.nodes[id].inputs = inputs;
        self.plans.insert(plan.id(), id);
    }

    fn artifact(&mut self, artifact: &'a Artifact) -> NodeId {
        match artifact {
            Artifact::Plan(plan) => self.plans[&plan.id()],
            Artifact::Source(source) => match self.sources.get(&source.digest) {
                Some(id) => {
                    self.nodes[*id].meet(source);
                    *id
                }
                None => {
                    let id = self.push(Kind::Source(source));
                    *self.sources.entry(source.digest).or_insert(id)
                }
            },
            Artifact::Literal(literal) => match self.literals.get(&std::ptr::from_ref(literal)) {
                Some(id) => *id,
                None => {
                    let id = self.push(Kind::Literal(literal));
                    *self
                        .literals
                        .entry(std::ptr::from_ref(literal))
                        .or_insert(id)
                }
            },
        }
    }

    fn push(&mut self, kind: Kind<'a>) -> NodeId {
        let (alike, inputs, users) = (Vec::new(), Vec::new(), Vec::new());
        let (estimate, rank) = (Duration::ZERO, Duration::ZERO);
        self.nodes.push(Node {
            kind,
            alike,
            inputs,
            users,
            estimate,
            rank,
        });
        self.nodes.len() - 1
    }
}

/// Users stand after inputs, so one pass from the end sees every user first.
fn rank(nodes: &mut [Node<'_>]) {
    for id in (0..nodes.len()).rev() {
        let after = nodes[id]
            .users
            .iter()
            .map(|user| nodes[*user].rank)
            .max()
            .unwrap_or_default();
        nodes[id].rank = after + nodes[id].estimate;
    }
}
