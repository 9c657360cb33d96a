//! Records: what a plan made, when, how long it took, and on what.

use std::collections::BTreeSet;
use std::io::Write as _;

use super::io::{At as _, IoError, read_if_there, remove_if_there, write_new};
use super::{Damaged, Store, StoreError};
pub use crate::objects::{Provenance, Record, Usage};
use crate::plan::{Hash, Object, PlanHash, Resolved};

impl Store {
    /// What is recorded of `plan`. A record that cannot be read, or is of another plan, counts as none.
    pub fn record(&self, plan: &PlanHash) -> Result<Option<Record>, StoreError> {
        let bytes = read_if_there(&self.record_path(plan))?;
        Ok(bytes.and_then(|bytes| Record::decode(plan, &bytes).ok()))
    }

    /// Records what `plan` made: its encoding, the way back from the output, and the record. The
    /// output must have landed, or a cache must have told of it.
    pub fn write_record(&self, plan: &Resolved, record: &Record) -> Result<(), StoreError> {
        let hash = plan.hash();
        self.write_plan(plan)?;
        self.note_maker(&record.output, &hash)?;
        let before = self.record(&hash)?;
        let is_other = before.is_some_and(|before| before.output != record.output);
        if is_other {
            self.forget_answers()?;
        }
        let bytes = record.encode(&hash);
        write_new(&self.run.fresh(), &bytes, &self.record_path(&hash))?;
        if is_other {
            self.forget_answers()?;
        }
        Ok(())
    }

    /// Stores the encoding of `plan`, so that it can be run again without its recipe.
    pub fn write_plan(&self, plan: &Resolved) -> Result<(), StoreError> {
        let (hash, bytes) = (plan.hash(), plan.encode());
        let path = self.plan_path(&hash);
        // What is there may outlive a power cut, which what would take its place does not yet.
        if read_if_there(&path)?.is_none_or(|there| there != bytes) {
            write_new(&self.run.fresh(), &bytes, &path)?;
        }
        Ok(())
    }

    /// The stored plan of that hash.
    pub fn plan(&self, hash: &PlanHash) -> Result<Option<Resolved>, StoreError> {
        let Some(bytes) = read_if_there(&self.plan_path(hash))? else {
            return Ok(None);
        };
        let plan = *hash;
        match Resolved::decode(&bytes) {
            Ok(resolved) if resolved.hash() == *hash => Ok(Some(resolved)),
            Ok(_) => Err(StoreError::Plan {
                plan,
                source: Damaged::OtherHash,
            }),
            Err(source) if source.is_foreign() && PlanHash(Hash::of(&bytes)) == plan => {
                Err(StoreError::Foreign { plan, source })
            }
            Err(source) => Err(StoreError::Plan {
                plan,
                source: Damaged::Unreadable(source),
            }),
        }
    }

    /// The plans that have made `object`, here or elsewhere. Their records may be gone by now.
    pub fn makers(&self, object: &Object) -> Result<BTreeSet<PlanHash>, StoreError> {
        Ok(self.read_makers(object)?.0)
    }

    /// Adds to the plans that have made `object`. They are a list that is only appended to, a line
    /// each: what is torn is not read, and what is lost is found again from the records.
    pub(super) fn note_maker(&self, object: &Object, plan: &PlanHash) -> Result<(), IoError> {
        let (makers, is_torn) = self.read_makers(object)?;
        if makers.contains(plan) {
            return Ok(());
        }
        let path = self.makers_path(object);
        let mut file = std::fs::File::options();
        let file = file.create(true).append(true).open(&path);
        // In one write, so that lines of several processes do not mix.
        let end = if is_torn { "\n" } else { "" };
        let line = format!("{end}{plan}\n");
        let written = file.and_then(|mut file| file.write_all(line.as_bytes()));
        written.at("write", &path)
    }

    /// The list of makers, and whether its last line has no end.
    fn read_makers(&self, object: &Object) -> Result<(BTreeSet<PlanHash>, bool), IoError> {
        let bytes = read_if_there(&self.makers_path(object))?.unwrap_or_default();
        let is_torn = bytes.last().is_some_and(|byte| *byte != b'\n');
        let text = String::from_utf8_lossy(&bytes);
        Ok((text.lines().flat_map(str::parse).collect(), is_torn))
    }

    /// The plans whose records came from a cache: from any, or from the one of that name.
    pub fn told_by(&self, cache: Option<&str>) -> Result<Vec<PlanHash>, StoreError> {
        let mut told = Vec::new();
        for plan in self.records()? {
            let provenance = self.record(&plan)?.map(|record| record.provenance);
            if let Some(Provenance::Cache(name)) = provenance
                && cache.is_none_or(|cache| cache == name)
            {
                told.push(plan);
            }
        }
        told.sort();
        Ok(told)
    }

    /// Removes the record of a plan: it runs when it is needed again.
    pub fn drop_record(&self, plan: &PlanHash) -> Result<(), StoreError> {
        self.forget_answers()?;
        remove_if_there(&self.record_path(plan))?;
        Ok(self.forget_answers()?)
    }

    /// The plans whose hash begins with `prefix`, sorted; all that were ever run, if it is empty.
    pub fn plans(&self, prefix: &str) -> Result<Vec<PlanHash>, StoreError> {
        let directory = self.root.join("plans");
        let entries = directory.read_dir_utf8().at("list", &directory)?;
        let names = entries.flatten().map(|entry| entry.file_name().to_owned());
        let mut plans: Vec<PlanHash> = names
            .filter(|name| name.starts_with(prefix))
            .filter_map(|n| n.parse().ok())
            .collect();
        plans.sort();
        Ok(plans)
    }
}
