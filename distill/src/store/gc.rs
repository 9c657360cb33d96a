//! Garbage: what nothing that is kept is made of.
//!
//! What is kept is found by the records alone: from a plan to its inputs, from those to all plans
//! that have made them, and so on down to the sources. Records of what is removed go too.
//!
//! All makers of an object are kept, not one of them: several targets can come to the same object on
//! different ways, and each of them knows only its own.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt as _;

use camino::Utf8Path;

use super::io::{At as _, IoError, remove_if_there};
use super::{Store, StoreError};
use crate::plan::{Hash, Object, PlanHash};

/// What to keep, with all that it is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keep {
    /// Plans: their inputs, their records, their outputs.
    pub plans: BTreeSet<PlanHash>,
    /// Blobs and trees, and what made them.
    pub objects: BTreeSet<Object>,
}

/// What can be removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Garbage {
    /// Blobs and trees, with the bytes on disk that go with each; files that several of them share
    /// are counted once, those that something else needs not at all.
    pub objects: Vec<(Object, u64)>,
    /// Plans, with their records and logs.
    pub plans: Vec<PlanHash>,
    /// Nodes that no tree needs which is kept.
    nodes: Vec<Hash>,
}

impl Garbage {
    /// The bytes on disk that go with all of it.
    pub fn bytes(&self) -> u64 {
        self.objects.iter().map(|(_, bytes)| bytes).sum()
    }
}

impl Store {
    /// Everything that `keep` does not need.
    pub fn garbage(&self, keep: &Keep) -> Result<Garbage, StoreError> {
        let kept = self.mark(keep)?;
        let unneeded: Vec<Object> = self
            .objects()?
            .into_iter()
            .filter(|object| !kept.objects.contains(object))
            .collect();
        let sizes = self.sizes(&unneeded)?;
        let plans = self
            .plans("")?
            .into_iter()
            .filter(|plan| !kept.plans.contains(plan));
        let trees = kept.objects.iter().filter_map(|object| match object {
            Object::Tree(hash) => Some(*hash),
            Object::Blob(_) => None,
        });
        let nodes = self.nodes_of(trees);
        let lonely = |hash: &Hash| !nodes.contains(hash);
        Ok(Garbage {
            objects: unneeded.into_iter().zip(sizes).collect(),
            plans: plans.collect(),
            nodes: self.all_nodes()?.into_iter().filter(lonely).collect(),
        })
    }

    /// Removes garbage. Nobody else may use the store meanwhile ([`Store::exclusive`]).
    ///
    /// Records go before what they vouch for: a process that is killed here must leave none behind
    /// whose bytes are gone, or a build that cannot be repeated could not be made any more.
    pub fn collect(&self, garbage: &Garbage) -> Result<(), StoreError> {
        let objects: Vec<Object> = garbage.objects.iter().map(|(object, _)| *object).collect();
        self.distrust(&objects)?;
        for plan in &garbage.plans {
            remove_if_there(&self.record_path(plan))?;
            remove_if_there(&self.plan_path(plan))?;
            remove_if_there(&self.root().join("locks").join(plan.to_string()))?;
            super::intake::remove_tree(&self.log_dir(plan))?;
        }
        for (object, _) in &garbage.objects {
            self.drop_object(object)?;
            remove_if_there(&self.makers_path(object))?;
        }
        // After the trees: a tree that has its name has all its nodes.
        for hash in &garbage.nodes {
            remove_if_there(&self.node_path(hash))?;
        }
        Ok(())
    }

    /// Every blob and tree whose bytes are here, sorted.
    pub fn objects(&self) -> Result<Vec<Object>, StoreError> {
        let blob = |name: &str| name.replacen('-', ":", 1).parse().ok().map(Object::Blob);
        let tree = |name: &str| name.parse().ok().map(Object::Tree);
        let mut objects: Vec<Object> = names(&self.root().join("blobs"))?
            .iter()
            .filter_map(|name| blob(name))
            .collect();
        objects.extend(
            names(&self.root().join("trees"))?
                .iter()
                .filter_map(|name| tree(name)),
        );
        objects.sort();
        Ok(objects)
    }

    /// The plans of which there is a record.
    pub(super) fn records(&self) -> Result<Vec<PlanHash>, StoreError> {
        let names = names(&self.root().join("records"))?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }

    /// What is kept, and all that it is made of.
    fn mark(&self, keep: &Keep) -> Result<Keep, StoreError> {
        let mut kept = keep.clone();
        let mut plans: Vec<PlanHash> = kept.plans.iter().copied().collect();
        let mut objects: Vec<Object> = kept.objects.iter().copied().collect();
        loop {
            while let Some(object) = objects.pop() {
                let makers = self.makers(&object)?.into_iter();
                plans.extend(makers.filter(|maker| kept.plans.insert(*maker)));
            }
            let Some(plan) = plans.pop() else {
                return Ok(kept);
            };
            let output = self.record(&plan)?.map(|record| record.output);
            // One that cannot be read is for `fsck`.
            let resolved = self.plan(&plan).ok().flatten();
            let inputs = resolved.iter().flat_map(|plan| plan.action().inputs());
            let needed = inputs.copied().chain(output);
            objects.extend(needed.filter(|object| kept.objects.insert(*object)));
        }
    }

    /// The bytes on disk that go with each of `objects`, if all of them go.
    fn sizes(&self, objects: &[Object]) -> Result<Vec<u64>, IoError> {
        let mut inodes = BTreeMap::new();
        for (owner, object) in objects.iter().enumerate() {
            walk(&self.path(object), owner, &mut inodes)?;
        }
        let mut sizes = vec![0; objects.len()];
        for inode in inodes
            .into_values()
            .filter(|inode| inode.names >= inode.links)
        {
            sizes[inode.owner] += inode.bytes;
        }
        Ok(sizes)
    }
}

/// A file, and the names of it that were met.
struct Inode {
    owner: usize,
    names: u64,
    links: u64,
    bytes: u64,
}

fn walk(
    path: &Utf8Path,
    owner: usize,
    inodes: &mut BTreeMap<(u64, u64), Inode>,
) -> Result<(), IoError> {
    let mut open = vec![path.to_owned()];
    while let Some(path) = open.pop() {
        let meta = path.symlink_metadata().at("examine", &path)?;
        // The file system counts blocks of 512 bytes, whatever its own are (stat(2)).
        let (bytes, is_dir) = (meta.blocks() * 512, meta.is_dir());
        // The links of a directory are its subdirectories.
        let links = if is_dir { 1 } else { meta.nlink() };
        let fresh = Inode {
            owner,
            names: 0,
            links,
            bytes,
        };
        inodes
            .entry((meta.dev(), meta.ino()))
            .or_insert(fresh)
            .names += 1;
        if is_dir {
            for entry in path.read_dir_utf8().at("list", &path)? {
                open.push(entry.at("list", &path)?.into_path());
            }
        }
    }
    Ok(())
}

pub(super) fn names(directory: &Utf8Path) -> Result<Vec<String>, IoError> {
    let entries = directory.read_dir_utf8().at("list", directory)?;
    Ok(entries
        .flatten()
        .map(|entry| entry.file_name().to_owned())
        .collect())
}
