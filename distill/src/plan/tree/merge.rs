//! Several trees as one.

use super::nodes::path_of;
use super::{Directory, Entry, Nodes, Workbench};
use crate::plan::hash::Hash;
use crate::plan::mode::Mode;
use crate::plan::path::RelPath;

/// Two inputs that would write the same path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{}\nhint: leave it out of one of them, with a subpackage of the paths that are wanted",
    message(self)
)]
pub struct Conflict {
    /// The path.
    pub path: RelPath,
    /// The input that had it first.
    pub first: String,
    /// The input that has it too.
    pub second: String,
    /// If it is a directory in both: its modes, which are different ones.
    pub modes: Option<(Mode, Mode)>,
}

fn message(conflict: &Conflict) -> String {
    let Conflict {
        path,
        first,
        second,
        modes,
    } = conflict;
    match modes {
        None => format!("`{first}` and `{second}` both have `{path}`"),
        Some((one, other)) => format!(
            "`{first}` and `{second}` have the directory `{path}` with different modes, {one} and {other}"
        ),
    }
}

impl Conflict {
    /// The same with the two inputs in the order of their names.
    pub fn by_name(self) -> Conflict {
        if self.first <= self.second {
            return self;
        }
        Conflict {
            path: self.path,
            first: self.second,
            second: self.first,
            modes: self.modes.map(|(one, other)| (other, one)),
        }
    }
}

/// The modes of what is a directory in two inputs.
fn modes(one: &Entry, other: &Entry) -> Option<(Mode, Mode)> {
    match (one, other) {
        (Entry::Dir { mode: one, .. }, Entry::Dir { mode: other, .. }) => Some((*one, *other)),
        _ => None,
    }
}

/// Why trees cannot be merged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError<E> {
    /// Two of them have one path.
    #[error(transparent)]
    Conflict(Conflict),
    /// A node cannot be had.
    #[error(transparent)]
    Nodes(#[from] E),
}

/// All entries of several trees with names; a path may be in two of them only as a directory of one mode.
/// Only directories that several of them have are read.
pub fn merge<N: Nodes>(
    nodes: &Workbench<'_, N>,
    trees: &[(&str, Hash)],
) -> Result<Hash, MergeError<N::Error>> {
    match trees {
        [] => Ok(nodes.put(Directory::new())),
        [(_, alone)] => Ok(*alone),
        several => merge_at(nodes, None, several),
    }
}

fn merge_at<N: Nodes>(
    nodes: &Workbench<'_, N>,
    at: Option<&RelPath>,
    trees: &[(&str, Hash)],
) -> Result<Hash, MergeError<N::Error>> {
    let (mut merged, mut shared) = (Directory::new(), Vec::new());
    let mut owners = std::collections::BTreeMap::<String, Vec<(&str, Hash)>>::new();
    for (label, tree) in trees {
        for (name, entry) in nodes.node(tree)?.iter() {
            let owners = owners.entry(name.clone()).or_default();
            // What is no directory has no node; its place is kept, for it has an owner all the same.
            owners.push((label, entry.as_dir().unwrap_or(*tree)));
            let Some(there) = merged.insert(name.clone(), entry.clone()) else {
                continue;
            };
            if !can_meet(&there, entry) {
                return Err(MergeError::Conflict(Conflict {
                    path: path_of(at, name),
                    first: owners[0].0.to_owned(),
                    second: (*label).to_owned(),
                    modes: modes(&there, entry),
                }));
            }
            if owners.len() == 2 {
                shared.push(name.clone());
            }
        }
    }
    for name in shared {
        let path = path_of(at, &name);
        let node = merge_at(nodes, Some(&path), &owners[&name])?;
        if let Some(Entry::Dir { mode, .. }) = merged.get(&name) {
            let mode = *mode;
            merged.insert(name, Entry::Dir { mode, node });
        }
    }
    Ok(nodes.put(merged))
}

fn can_meet(one: &Entry, other: &Entry) -> bool {
    matches!((one, other), (Entry::Dir { mode: one, .. }, Entry::Dir { mode: other, .. }) if one == other)
}
