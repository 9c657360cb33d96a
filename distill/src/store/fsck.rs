//! What finds damage, and removes it.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::thread::Builder;

use camino::Utf8PathBuf;

pub use super::damage::{Damage, Verification};
use super::io::remove_if_there;
use super::{Provenance, Store, StoreError, synced};
use crate::plan::Object;
use crate::plan::tree::Nodes as _;

impl Store {
    /// The file or directory that is damaged.
    pub fn damaged_path(&self, damage: &Damage) -> Utf8PathBuf {
        match damage {
            Damage::Object(object) => self.path(object),
            Damage::Incomplete(hash) => self.tree_path(hash),
            Damage::Node(hash) => self.node_path(hash),
            Damage::Plan(plan) => self.plan_path(plan),
            Damage::Record(plan) | Damage::Unfounded(plan) => self.record_path(plan),
        }
    }

    /// Reads everything, and compares it with what its hash says. Calls `looking` for each object.
    pub fn verify(&self, looking: &(dyn Fn(&Object) + Sync)) -> Result<Verification, StoreError> {
        self.examine_all(&|_| true, looking)
    }

    /// The same for those objects only that are `wanted`, and for all nodes, plans and records.
    pub(super) fn examine_all(
        &self,
        wanted: &dyn Fn(&Object) -> bool,
        looking: &(dyn Fn(&Object) + Sync),
    ) -> Result<Verification, StoreError> {
        let objects: Vec<Object> = self.objects()?.into_iter().filter(wanted).collect();
        let report = Verification {
            objects: objects.len(),
            ..Verification::default()
        };
        let (report, queue) = (Mutex::new(report), Mutex::new(objects.iter()));
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        let work = || {
            while let Some(object) = next() {
                looking(object);
                let (bytes, damage) = self.examine(object);
                let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
                report.bytes += bytes;
                report.damages.extend(damage);
            }
        };
        std::thread::scope(|scope| {
            let threads = std::thread::available_parallelism().map_or(1, usize::from);
            // Where no more threads can be had, fewer do all of it.
            (1..threads).for_each(|_| drop(Builder::new().spawn_scoped(scope, work)));
            work();
        });
        let mut report = report.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.verify_nodes(&mut report)?;
        self.verify_plans(&mut report)?;
        report.damages.sort();
        report.damages.dedup();
        Ok(report)
    }

    /// Removes what is damaged, as if it had never been made: records first, since what is made
    /// instead may be something else, if a build cannot be repeated. Nobody else may use the store
    /// meanwhile ([`Store::exclusive`]).
    pub fn remove_damaged(&self, damages: &[Damage]) -> Result<(), StoreError> {
        let (mut objects, mut nodes) = <(Vec<_>, Vec<_>)>::default();
        let (mut plans, mut records) = <(BTreeSet<_>, BTreeSet<_>)>::default();
        for damage in damages {
            match damage {
                Damage::Object(object) => objects.push(*object),
                Damage::Incomplete(hash) => objects.push(Object::Tree(*hash)),
                Damage::Node(hash) => nodes.push(*hash),
                Damage::Plan(plan) => drop(plans.insert(*plan)),
                Damage::Record(plan) | Damage::Unfounded(plan) => drop(records.insert(*plan)),
            }
        }
        self.distrust(&objects)?;
        let gone: BTreeSet<Object> = objects.iter().copied().collect();
        for plan in self.records()? {
            let record = self.record(&plan)?;
            let unfounded = record.is_none_or(|record| gone.contains(&record.output));
            if unfounded || plans.contains(&plan) || records.contains(&plan) {
                self.drop_record(&plan)?;
            }
        }
        for plan in &plans {
            remove_if_there(&self.plan_path(plan))?;
        }
        for object in &objects {
            self.drop_object(object)?;
        }
        // After the trees: a tree that has its name has all its nodes.
        for hash in &nodes {
            remove_if_there(&self.node_path(hash))?;
        }
        self.find_makers()
    }

    /// Prepares to remove objects and records, so that a power cut at any time from now on has what is left of
    /// the store verified, and what is left of them, too.
    pub(super) fn distrust(&self, objects: &[Object]) -> Result<(), StoreError> {
        self.journal.mark()?;
        self.forget_answers()?;
        if objects.is_empty() {
            return Ok(());
        }
        let list = synced::Synced::read(&self.root)?;
        let gone: BTreeSet<&Object> = objects.iter().collect();
        let trusted = |object: &Object| !gone.contains(object) && list.vouches_for(object);
        let left: Vec<Object> = self.objects()?.into_iter().filter(trusted).collect();
        let lines = synced::lines(&self.root, &left);
        Ok(synced::replace(&self.root, &self.run.fresh(), &lines)?)
    }

    /// Finds the makers of objects again: the records know them.
    fn find_makers(&self) -> Result<(), StoreError> {
        for plan in self.records()? {
            if let Some(record) = self.record(&plan)? {
                self.note_maker(&record.output, &plan)?;
            }
        }
        Ok(())
    }

    /// The size of an object, and what is wrong with it.
    fn examine(&self, object: &Object) -> (u64, Option<Damage>) {
        let bytes = match object {
            Object::Blob(_) => self.path(object).metadata().map_or(0, |meta| meta.len()),
            Object::Tree(hash) => match self.manifest(hash) {
                Ok(manifest) => manifest.size(),
                Err(_) => return (0, Some(Damage::Incomplete(*hash))),
            },
        };
        (
            bytes,
            (!self.is_sound(object)).then_some(Damage::Object(*object)),
        )
    }

    /// If a node is damaged, all trees are asked whether they need it: also those that were not looked at.
    fn verify_nodes(&self, report: &mut Verification) -> Result<(), StoreError> {
        let nodes = self.all_nodes()?.into_iter();
        let damaged: Vec<_> = nodes.filter(|hash| self.node(hash).is_err()).collect();
        if !damaged.is_empty() {
            for object in self.objects()? {
                if let Object::Tree(hash) = object
                    && self.manifest(&hash).is_err()
                {
                    report.damages.push(Damage::Incomplete(hash));
                }
            }
        }
        report.damages.extend(damaged.into_iter().map(Damage::Node));
        Ok(())
    }

    fn verify_plans(&self, report: &mut Verification) -> Result<(), StoreError> {
        for plan in self.plans("")? {
            // One that another version of Distill wrote cannot be read here, and is no damage.
            if !matches!(
                self.plan(&plan),
                Ok(Some(_)) | Err(StoreError::Foreign { .. })
            ) {
                report.damages.push(Damage::Plan(plan));
            }
        }
        for plan in self.records()? {
            report.records += 1;
            let Some(record) = self.record(&plan)? else {
                report.damages.push(Damage::Record(plan));
                continue;
            };
            let here = record.provenance == Provenance::Here;
            let told = matches!(record.provenance, Provenance::Cache(_));
            report.told_by_caches += usize::from(told);
            if !self.plan_path(&plan).exists() {
                report.damages.push(Damage::Record(plan));
            } else if here && !self.has(&record.output) {
                report.damages.push(Damage::Unfounded(plan));
            }
        }
        Ok(())
    }
}
