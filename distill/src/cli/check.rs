//! `check`: whether the definitions of the system and of all recipes are sound; and what packages should say of
//! themselves and do not.

use serde_json::json;

use super::error::CliError;
use super::exit::Exit;
use super::invocation::Invocation;
use super::units;
use crate::engine::{BuildError, unreadable};
use crate::package::lint;
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
    let warnings: Vec<String> = plans.iter().flat_map(|plan| warnings(plan)).collect();
    if invocation.ui.is_json() {
        let told = json!({"target": name, "plans": count, "warnings": warnings});
        invocation.ui.json(&told)?;
        return Ok(Exit::Success.code());
    }
    for warning in &warnings {
        invocation.ui.warn(warning);
    }
    let warned = match warnings.len() {
        0 => String::new(),
        some => format!(", {}", units::count(some, "warning")),
    };
    invocation.ui.status(format_args!(
        "`{name}` is sound: {count} plans, no mistakes{warned}"
    ));
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

/// What a package should say of itself and does not, each with its line.
fn warnings(plan: &Plan) -> Vec<String> {
    let told = lint(plan).into_iter();
    told.map(|lint| format!("{} ({}) {lint}", plan.label(), plan.location()))
        .collect()
}
