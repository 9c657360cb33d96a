//! What the operations on trees mean, said entry by entry on whole trees: for tests, which hold the others
//! against it.

use super::{Change, Conflict, Node, Tree};
use crate::plan::glob::PathSet;
use crate::plan::path::RelPath;

impl Tree {
    /// The entries that `keep` accepts, with the directories above them.
    pub(crate) fn filter(&self, mut keep: impl FnMut(&RelPath) -> bool) -> Tree {
        let mut kept = Tree::new();
        for (path, node) in self.iter().filter(|(path, _)| keep(path)) {
            for above in path.ancestors() {
                if let Some((above, dir)) = self.0.get_key_value(above) {
                    kept.0.insert(above.clone(), dir.clone());
                }
            }
            kept.0.insert(path.clone(), node.clone());
        }
        kept
    }

    /// What [`pick`](super::pick) picks.
    pub(crate) fn picked(&self, include: &PathSet, exclude: &PathSet) -> Tree {
        self.filter(|path| {
            (include.is_empty() || include.contains(path)) && !exclude.contains(path)
        })
    }

    /// The same entries below the directory `base`.
    pub(crate) fn below(&self, base: &RelPath) -> Tree {
        let mut moved = Tree::new();
        moved.insert(base.clone(), Node::DIR).unwrap();
        let placed = self
            .iter()
            .map(|(path, node)| (base.join(path), node.clone()));
        moved.0.extend(placed);
        moved
    }

    /// What [`fill`](super::fill) makes of this and `more`.
    pub(crate) fn filled(&self, more: &Tree) -> Tree {
        let mut filled = self.clone();
        for (path, node) in more.iter() {
            let has_room = |above: &str| matches!(filled.get(above), None | Some(Node::Dir { .. }));
            if filled.get(path.as_str()).is_none() && path.ancestors().all(has_room) {
                filled.0.insert(path.clone(), node.clone());
            }
        }
        filled
    }

    /// What [`merge`](super::merge) makes of these.
    pub(crate) fn merged(trees: &[(&str, &Tree)]) -> Result<Tree, Conflict> {
        let (mut merged, mut owners) = (Tree::new(), Vec::<(&RelPath, &str)>::new());
        for (label, tree) in trees {
            for (path, node) in tree.iter() {
                let is_dir = |node: &Node| matches!(node, Node::Dir { .. });
                let blocks = |at: &str| merged.get(at).is_some_and(|node| !is_dir(node));
                let above = path.ancestors().find(|above| blocks(above));
                let at = above.unwrap_or(path.as_str());
                match merged.get(at) {
                    Some(same) if same == node && is_dir(node) => {}
                    Some(_) => {
                        let first = owners.iter().find(|(path, _)| path.as_str() == at);
                        return Err(Conflict {
                            path: RelPath::new(at).unwrap(),
                            first: first.unwrap().1.to_owned(),
                            second: (*label).to_owned(),
                            modes: match (merged.get(at), tree.get(at)) {
                                (
                                    Some(Node::Dir { mode: one }),
                                    Some(Node::Dir { mode: other }),
                                ) => Some((*one, *other)),
                                _ => None,
                            },
                        });
                    }
                    None => {
                        merged.0.insert(path.clone(), node.clone());
                        owners.push((path, label));
                    }
                }
            }
        }
        Ok(merged)
    }

    /// What [`diff`](super::diff) finds.
    pub(crate) fn changes(&self, new: &Tree) -> Vec<Change> {
        let paths: std::collections::BTreeSet<_> = self.paths().chain(new.paths()).collect();
        let change = |path: &RelPath| Change {
            path: path.clone(),
            old: self.get(path.as_str()).cloned(),
            new: new.get(path.as_str()).cloned(),
        };
        let changes = paths.into_iter().map(change);
        changes.filter(|change| change.old != change.new).collect()
    }
}
