//! `check`: whether the definitions of the system and of all recipes are sound.

use serde_json::json;

use super::error::CliError;
use super::exit::Exit;
use super::invocation::Invocation;
use crate::engine::{BuildError, unreadable};
use crate::plan::{Artifact, DefinitionError, Plan, closure};
use crate::store::intake::literal_tree;

/// What is wrong with a system is an error of its image; what is wrong with a recipe, of its plan.
pub(super) fn run(invocation: &Invocation<'_>) -> Result<u8, CliError> {
    let roots = invocation.roots()?;
    let plans = closure(&roots);
    let errors: Vec<_> = plans.iter().flat_map(|plan| mistakes(plan)).collect();
    if !errors.is_empty() {
        return Err(BuildError::Definition(errors).into());
    }
    let (name, count) = (invocation.target.name(), plans.len());
    if invocation.ui.is_json() {
        invocation
            .ui
            .json(&json!({"target": name, "plans": count}))?;
    } else {
        invocation.ui.status(format_args!(
            "`{name}` is sound: {count} plans, no mistakes"
        ));
    }
    Ok(Exit::Success.code())
}

/// What is wrong with a plan itself, and with the files of its recipe.
fn mistakes(plan: &Plan) -> Vec<DefinitionError> {
    match plan.action() {
        Err(error) => vec![error.clone()],
        Ok(action) => {
            let literals = action.inputs().into_iter().filter_map(|of| match of {
                Artifact::Literal(literal) => Some(literal),
                Artifact::Source(_) | Artifact::Plan(_) => None,
            });
            let errors = literals.filter_map(|literal| literal_tree(literal).err());
            errors.map(|error| unreadable(plan, &error)).collect()
        }
    }
}
