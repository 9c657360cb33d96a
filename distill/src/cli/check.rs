//! `check`: whether the definitions of the system and of all recipes are sound.

use serde_json::json;

use super::error::CliError;
use super::exit::Exit;
use super::invocation::Invocation;
use crate::engine::BuildError;
use crate::plan::closure;

/// What is wrong with a system is an error of its image; what is wrong with a recipe, of its plan.
pub(super) fn run(invocation: &Invocation<'_>) -> Result<u8, CliError> {
    let roots = invocation.roots()?;
    let plans = closure(&roots);
    let errors: Vec<_> = plans
        .iter()
        .filter_map(|plan| plan.action().err().cloned())
        .collect();
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
