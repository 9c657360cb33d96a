//! A part of a tree, by the patterns of its paths.

use super::nodes::path_of;
use super::{Directory, Entry, Nodes, Workbench};
use crate::plan::glob::PathSet;
use crate::plan::hash::Hash;
use crate::plan::path::RelPath;

/// A part of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picked {
    /// The part, as a tree.
    pub tree: Hash,
    /// Which of the patterns to include name nothing, sorted.
    pub unmatched: Vec<String>,
}

/// The entries that `include` names (all, if it is empty), without those that `exclude` names, with the
/// directories above them. No directory is read of which all or nothing is picked.
pub fn pick<N: Nodes>(
    nodes: &Workbench<'_, N>,
    tree: Hash,
    include: &PathSet,
    exclude: &PathSet,
) -> Result<Picked, N::Error> {
    let mut picking = Picking {
        nodes,
        include,
        exclude,
        matched: vec![false; include.len()],
    };
    let all = include.is_empty();
    let picked = picking.directory(None, tree, all)?;
    let tree = picked.unwrap_or_else(|| nodes.put(Directory::new()));
    let patterns = include.patterns().zip(picking.matched);
    let unmatched = patterns.filter(|(_, matched)| !matched);
    let unmatched = unmatched.map(|(pattern, _)| pattern.to_owned()).collect();
    Ok(Picked { tree, unmatched })
}

struct Picking<'a, N> {
    nodes: &'a Workbench<'a, N>,
    include: &'a PathSet,
    exclude: &'a PathSet,
    /// Of each pattern to include: whether it names something.
    matched: Vec<bool>,
}

impl<N: Nodes> Picking<'_, N> {
    /// What is picked of the directory at `at`, whose node is `node`; nothing if that is nothing. `is_in`
    /// says that the directory is included, with all that it holds.
    fn directory(
        &mut self,
        at: Option<&RelPath>,
        node: Hash,
        is_in: bool,
    ) -> Result<Option<Hash>, N::Error> {
        let wanted = |index: usize| !self.matched[index];
        let may_match = self
            .include
            .may_name_below(at, |index| !is_in || wanted(index));
        if !may_match && (!is_in || !self.exclude.may_name_below(at, |_| true)) {
            return Ok(is_in.then_some(node));
        }
        let mut picked = Directory::new();
        for (name, entry) in self.nodes.node(&node)?.iter() {
            let path = path_of(at, name);
            let named = self.include.names(&path);
            named.iter().for_each(|index| self.matched[*index] = true);
            let is_in = is_in || !named.is_empty();
            let is_out = !self.exclude.names(&path).is_empty();
            match entry {
                Entry::Dir { mode, node } => {
                    // Below what is excluded nothing is picked, but patterns may match there.
                    let below = self.directory(Some(&path), *node, is_in && !is_out)?;
                    if let (false, Some(node)) = (is_out, below) {
                        picked.insert(name.clone(), Entry::Dir { mode: *mode, node });
                    }
                }
                entry if is_in && !is_out => drop(picked.insert(name.clone(), entry.clone())),
                _ => {}
            }
        }
        let is_empty = picked.is_empty() && !is_in;
        Ok((!is_empty).then(|| self.nodes.put(picked)))
    }
}
