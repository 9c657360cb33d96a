//! What is different in two trees.

use super::nodes::path_of;
use super::{Directory, Entry, Node, Nodes};
use crate::plan::hash::Hash;
use crate::plan::path::RelPath;

/// One line of the difference of two trees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The path.
    pub path: RelPath,
    /// What was there.
    pub old: Option<Node>,
    /// What is there now.
    pub new: Option<Node>,
}

/// What changed from the tree `old` to `new`, by path. Directories with the same contents are not read.
pub fn diff<N: Nodes>(nodes: &N, old: &Hash, new: &Hash) -> Result<Vec<Change>, N::Error> {
    let mut changes = Vec::new();
    compare(nodes, None, (Some(*old), Some(*new)), &mut changes)?;
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(changes)
}

fn compare<N: Nodes>(
    nodes: &N,
    at: Option<&RelPath>,
    (old, new): (Option<Hash>, Option<Hash>),
    changes: &mut Vec<Change>,
) -> Result<(), N::Error> {
    if old == new {
        return Ok(());
    }
    let read = |node: Option<Hash>| match node {
        Some(node) => nodes.node(&node),
        None => Ok(Directory::new().into()),
    };
    let (old, new) = (read(old)?, read(new)?);
    let only_new = new.iter().filter(|(name, _)| old.get(name).is_none());
    for (name, _) in old.iter().chain(only_new) {
        let (path, before, after) = (path_of(at, name), old.get(name), new.get(name));
        let shallow = (before.map(Entry::shallow), after.map(Entry::shallow));
        if shallow.0 != shallow.1 {
            changes.push(Change {
                path: path.clone(),
                old: shallow.0,
                new: shallow.1,
            });
        }
        let below = |entry: Option<&Entry>| entry.and_then(Entry::as_dir);
        compare(nodes, Some(&path), (below(before), below(after)), changes)?;
    }
    Ok(())
}
