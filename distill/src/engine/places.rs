//! What a build's inputs have and no program would see: something else would lie over it.
//!
//! What the definition tells is found there (`plan::places`); here it is about what trees hold.

use super::root::{Part, RootError};
use crate::plan::{Node, RelPath, Tree, hidden_by, misplaced};

/// Refuses inputs at places that are not theirs. Definitions do not say such a thing, but a plan may
/// come from elsewhere.
pub(super) fn check_places(parts: &[Part]) -> Result<(), RootError> {
    let wrong = |part: &Part| Some((part.label.clone(), misplaced(&part.at)?));
    match parts.iter().find_map(wrong) {
        None => Ok(()),
        Some((input, message)) => Err(RootError::Misplaced { input, message }),
    }
}

/// Checks that everything the inputs have is seen; that no two of them have one path is known.
pub(super) fn check_contents(parts: &[Part]) -> Result<(), RootError> {
    for part in parts {
        covered_by_sandbox(part)?;
        for other in parts {
            covered_by(part, other)?;
        }
    }
    parts.iter().try_for_each(|part| has_ground(part, parts))
}

fn is_dir(node: &Node) -> bool {
    matches!(node, Node::Dir { .. })
}

/// Refuses what lies where the sandbox mounts something of its own.
fn covered_by_sandbox(part: &Part) -> Result<(), RootError> {
    // Below another place than `/` there is none of the sandbox's.
    if part.at.relative().is_some() {
        return Ok(());
    }
    let hidden = |(path, node): (&RelPath, &Node)| {
        Some((path.clone(), hidden_by(&part.at.join(path), is_dir(node))?))
    };
    match part.tree.iter().find_map(hidden) {
        None => Ok(()),
        Some((path, place)) => Err(RootError::Covered {
            input: part.label.clone(),
            path: part.at.join(&path),
            place,
        }),
    }
}

/// Refuses what `part` has below the place of `other`, which is mounted over it.
fn covered_by(part: &Part, other: &Part) -> Result<(), RootError> {
    let Some(place) = part.at.strip_from(&other.at) else {
        return Ok(());
    };
    let mut paths = part.tree.paths();
    match paths.find(|path| path.strip_prefix(&place).is_some()) {
        None => Ok(()),
        Some(path) => Err(RootError::Hidden {
            input: part.label.clone(),
            path: part.at.join(path),
            at: other.at.clone(),
        }),
    }
}

/// Refuses an input inside of others at one place (which is not `/`) that have no directory for it.
/// Those are read-only, so that none can be made there.
fn has_ground(part: &Part, parts: &[Part]) -> Result<(), RootError> {
    let around = parts.iter().filter_map(|other| {
        other.at.relative()?;
        Some((other, other.at.strip_from(&part.at)?))
    });
    // The innermost stack is the one that is mounted on; its path is the longest.
    let Some((outer, place)) = around.max_by_key(|(other, _)| other.at.as_str().len()) else {
        return Ok(());
    };
    let same = parts.iter().filter(|other| other.at == outer.at);
    let has = |tree: &Tree| tree.get(place.as_str()).is_some_and(is_dir);
    if same.map(|other| &other.tree).any(has) {
        return Ok(());
    }
    Err(RootError::NoGround {
        input: part.label.clone(),
        at: part.at.clone(),
        outer: outer.label.clone(),
    })
}

#[cfg(test)]
mod tests;
