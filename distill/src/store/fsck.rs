//! Damage: what is not as its hash or its format says.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use camino::Utf8PathBuf;

use super::io::{read_if_there, remove_if_there};
use super::{Record, Store, StoreError};
use crate::plan::{Hash, Object, PlanHash};

/// Something that is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Damage {
    /// An object whose bytes are not what its hash says.
    Object(Object),
    /// A tree without a manifest, or with one that has another hash.
    Manifest(Hash),
    /// The encoding of a plan that has another hash.
    Plan(PlanHash),
    /// A record that cannot be read, or is of a plan that is not there.
    Record(PlanHash),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Damage::Object(_) => "its contents are not what its hash says",
            Damage::Manifest(_) => "its manifest is missing, or not what its hash says",
            Damage::Plan(_) => "this plan is not what its hash says",
            Damage::Record(_) => "this record cannot be read, or its plan is missing",
        })
    }
}

impl Damage {
    /// The file or directory.
    pub fn path(&self, store: &Store) -> Utf8PathBuf {
        match self {
            Damage::Object(object) => store.path(object),
            Damage::Manifest(hash) => store.tree_path(hash),
            Damage::Plan(plan) => store.plan_path(plan),
            Damage::Record(plan) => store.record_path(plan),
        }
    }
}

/// What was looked at, and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// How many blobs and trees there are.
    pub objects: usize,
    /// The bytes of all of them; files that several trees share are counted for each.
    pub bytes: u64,
    /// How many records there are.
    pub records: usize,
    /// What is damaged, sorted.
    pub damages: Vec<Damage>,
}

impl Store {
    /// Reads everything, and compares it with what its hash says. Calls `looking` for each object.
    pub fn verify(&self, looking: &(dyn Fn(&Object) + Sync)) -> Result<Verification, StoreError> {
        let objects = self.objects()?;
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
            (0..threads).for_each(|_| drop(scope.spawn(work)));
        });
        let mut report = report.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.verify_plans(&mut report)?;
        report.damages.sort();
        Ok(report)
    }

    /// Removes what is damaged, as if it had never been made. Nobody else may use the store
    /// meanwhile ([`Store::exclusive`]).
    pub fn remove_damaged(&self, damage: &Damage) -> Result<(), StoreError> {
        match damage {
            Damage::Object(object) => self.forget(object),
            Damage::Manifest(hash) => self.forget(&Object::Tree(*hash)),
            Damage::Plan(plan) => {
                remove_if_there(&self.record_path(plan))?;
                Ok(remove_if_there(&self.plan_path(plan))?)
            }
            Damage::Record(plan) => Ok(remove_if_there(&self.record_path(plan))?),
        }
    }

    /// Removes an object and the records that vouch for it, those first: what is made instead may
    /// be something else, if a build cannot be repeated.
    pub(super) fn forget(&self, object: &Object) -> Result<(), StoreError> {
        for plan in self.records()? {
            if self
                .record(&plan)?
                .is_some_and(|record| record.output == *object)
            {
                remove_if_there(&self.record_path(&plan))?;
            }
        }
        self.drop_object(object)
    }

    /// The size of an object, and what is wrong with it.
    fn examine(&self, object: &Object) -> (u64, Option<Damage>) {
        let bytes = match object {
            Object::Blob(_) => self.path(object).metadata().map_or(0, |meta| meta.len()),
            Object::Tree(hash) => match self.manifest(hash) {
                Ok(manifest) if manifest.hash() == *hash => manifest.size(),
                _ => return (0, Some(Damage::Manifest(*hash))),
            },
        };
        (
            bytes,
            (!self.is_sound(object)).then_some(Damage::Object(*object)),
        )
    }

    fn verify_plans(&self, report: &mut Verification) -> Result<(), StoreError> {
        for plan in self.plans("")? {
            let bytes = read_if_there(&self.plan_path(&plan))?.unwrap_or_default();
            // One that another version of Distill wrote cannot be read here, and is no damage.
            if PlanHash(Hash::of(&bytes)) != plan {
                report.damages.push(Damage::Plan(plan));
            }
        }
        for plan in self.records()? {
            report.records += 1;
            let bytes = read_if_there(&self.record_path(&plan))?.unwrap_or_default();
            let readable = serde_json::from_slice::<Record>(&bytes).is_ok();
            if !readable || !self.plan_path(&plan).exists() {
                report.damages.push(Damage::Record(plan));
            }
        }
        Ok(())
    }
}
