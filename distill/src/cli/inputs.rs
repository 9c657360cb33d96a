//! What a plan is made from, as people know it: by names, and by where each was defined.

use serde_json::{Value, json};

use super::graph::Graph;
use crate::plan::{AbsPath, Action, Artifact, Build, Input, Merge, Plan};

/// An input of a plan.
pub(super) struct Described {
    /// Its place, if the plan's operation has places.
    at: Option<AbsPath>,
    label: String,
    /// Of a plan: where its recipe stands.
    location: Option<String>,
    /// What it is, if that is known.
    object: Option<String>,
}

/// The inputs of `plan`, in the order of its definition.
pub(super) fn described<'p>(graph: &Graph<'_>, plan: &'p Plan) -> Vec<Described> {
    let Ok(action) = plan.action() else {
        return Vec::new();
    };
    let placed: Vec<(Option<&AbsPath>, &Artifact)> = match action {
        Action::Build(Build { inputs, .. }) | Action::Merge(Merge { inputs }) => {
            let placed = |input: &'p Input<Artifact>| (Some(&input.at), &input.of);
            inputs.iter().map(placed).collect()
        }
        other => other.inputs().into_iter().map(|of| (None, of)).collect(),
    };
    let describe = |(at, of): (Option<&AbsPath>, &Artifact)| {
        let (location, object) = match of {
            Artifact::Plan(plan) => {
                let output = graph.node(plan).output;
                (
                    Some(plan.location().to_string()),
                    output.map(|output| output.to_string()),
                )
            }
            Artifact::Source(source) => (None, Some(source.digest.to_string())),
            Artifact::Literal(_) => (None, None),
        };
        Described {
            at: at.cloned(),
            label: of.label(),
            location,
            object,
        }
    };
    placed.into_iter().map(describe).collect()
}

impl Described {
    /// A line for people: the place, the name, and where that was defined.
    pub(super) fn line(&self, width: usize) -> String {
        let at = self.at.as_ref().map_or("", AbsPath::as_str);
        let line = format!(
            "  {at:<width$} {}  {}",
            self.label,
            self.location.as_deref().unwrap_or_default()
        );
        line.trim_end().to_owned()
    }

    /// How much room its place takes.
    pub(super) fn width(&self) -> usize {
        self.at.as_ref().map_or(0, |at| at.as_str().len())
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "at": self.at,
            "label": self.label,
            "location": self.location,
            "object": self.object,
        })
    }
}
