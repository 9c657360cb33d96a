//! A tree, and what another one has where it has nothing.

use super::{Directory, Entry, Nodes, Workbench};
use crate::plan::hash::Hash;

/// All entries of `first`, and those of `second` for which there is room: nothing is replaced, and below what
/// is not a directory there is no room. Only directories that both have are read.
pub fn fill<N: Nodes>(
    nodes: &Workbench<'_, N>,
    first: Hash,
    second: Hash,
) -> Result<Hash, N::Error> {
    if first == second {
        return Ok(first);
    }
    let (mut filled, more) = (
        Directory::clone(&*nodes.node(&first)?),
        nodes.node(&second)?,
    );
    for (name, entry) in more.iter() {
        match (filled.get(name), entry) {
            (None, entry) => drop(filled.insert(name.clone(), entry.clone())),
            (Some(Entry::Dir { mode, node: ours }), Entry::Dir { node: theirs, .. }) => {
                let (mode, node) = (*mode, fill(nodes, *ours, *theirs)?);
                filled.insert(name.clone(), Entry::Dir { mode, node });
            }
            (Some(_), _) => {}
        }
    }
    Ok(nodes.put(filled))
}
