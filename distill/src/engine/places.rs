//! What a build's inputs have and no program would see: something else would lie over it.
//!
//! What the definition tells is found there (`plan::places`); here it is about what trees hold.

use super::part::{Part, RootError};
use crate::plan::tree::{Entry, Nodes, entry_at, whole};
use crate::plan::{Hash, Node, RelPath, SANDBOX_PLACES, hidden_by, misplaced};
use crate::store::StoreError;

/// Refuses inputs at places that are not theirs. Definitions do not say such a thing, but a plan may
/// come from elsewhere.
pub(super) fn check_places(parts: &[Part]) -> Result<(), RootError> {
    let wrong = |part: &Part| Some((part.label.clone(), misplaced(&part.at)?));
    match parts.iter().find_map(wrong) {
        None => Ok(()),
        Some((input, message)) => Err(RootError::Misplaced { input, message }),
    }
}

/// Checks that everything the inputs have is seen; that no two of them have one path is known. Of a tree
/// only what lies at the places in question is read.
pub(super) fn check_contents<N: Nodes<Error = StoreError>>(
    nodes: &N,
    parts: &[Part],
) -> Result<(), RootError> {
    for part in parts {
        covered_by_sandbox(nodes, part)?;
        for other in parts {
            covered_by(nodes, part, other)?;
        }
    }
    let mut all = parts.iter();
    all.try_for_each(|part| has_ground(nodes, part, parts))
}

/// Refuses what lies where the sandbox mounts something of its own.
fn covered_by_sandbox<N: Nodes<Error = StoreError>>(
    nodes: &N,
    part: &Part,
) -> Result<(), RootError> {
    // Below another place than `/` there is none of the sandbox's.
    if part.at.relative().is_some() {
        return Ok(());
    }
    for place in SANDBOX_PLACES {
        let at = RelPath::new(&place[1..]).expect("a constant");
        let Some(entry) = entry_at(nodes, &part.tree, at.as_str())? else {
            continue;
        };
        let hidden = |path: &RelPath, is_dir: bool| {
            let path = part.at.join(path);
            Some((path.clone(), hidden_by(&path, is_dir)?))
        };
        let is_dir = |node: &Node| matches!(node, Node::Dir { .. });
        let mut found = hidden(&at, entry.as_dir().is_some());
        if let (None, Some(directory)) = (&found, entry.as_dir()) {
            let below = whole(nodes, &directory)?;
            found = (below.iter()).find_map(|(path, node)| hidden(&at.join(path), is_dir(node)));
        }
        if let Some((path, place)) = found {
            let input = part.label.clone();
            return Err(RootError::Covered { input, path, place });
        }
    }
    Ok(())
}

/// Refuses what `part` has below the place of `other`, which is mounted over it.
fn covered_by<N: Nodes<Error = StoreError>>(
    nodes: &N,
    part: &Part,
    other: &Part,
) -> Result<(), RootError> {
    let Some(place) = part.at.strip_from(&other.at) else {
        return Ok(());
    };
    let there = entry_at(nodes, &part.tree, place.as_str())?;
    let Some(directory) = there.as_ref().and_then(Entry::as_dir) else {
        return Ok(());
    };
    let directory = nodes.node(&directory)?;
    match directory.iter().next() {
        None => Ok(()),
        Some((name, _)) => {
            let name = RelPath::new(name.as_str()).expect("a node has checked names");
            Err(RootError::Hidden {
                input: part.label.clone(),
                path: part.at.join(&place.join(&name)),
                at: other.at.clone(),
            })
        }
    }
}

/// Refuses an input inside of others at one place (which is not `/`) that have no directory for it.
/// Those are read-only, so that none can be made there.
fn has_ground<N: Nodes<Error = StoreError>>(
    nodes: &N,
    part: &Part,
    parts: &[Part],
) -> Result<(), RootError> {
    let around = parts.iter().filter_map(|other| {
        other.at.relative()?;
        Some((other, other.at.strip_from(&part.at)?))
    });
    // The innermost stack is the one that is mounted on; its path is the longest.
    let Some((outer, place)) = around.max_by_key(|(other, _)| other.at.as_str().len()) else {
        return Ok(());
    };
    let has = |tree: &Hash| {
        let there = entry_at(nodes, tree, place.as_str())?;
        Ok::<_, StoreError>(there.is_some_and(|entry| entry.as_dir().is_some()))
    };
    for same in parts.iter().filter(|other| other.at == outer.at) {
        if has(&same.tree)? {
            return Ok(());
        }
    }
    Err(RootError::NoGround {
        input: part.label.clone(),
        at: part.at.clone(),
        outer: outer.label.clone(),
    })
}

#[cfg(test)]
mod tests;
