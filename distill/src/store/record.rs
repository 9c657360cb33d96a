//! Records: what a plan made, when, how long it took, and on what.

use serde::{Deserialize, Serialize};

use super::io::{read_if_there, write_new};
use super::{Store, StoreError};
use crate::plan::{Object, PlanHash, Resolved};

/// What a build used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Milliseconds from start to end.
    pub wall_ms: u64,
    /// Milliseconds of CPU time in user mode, of all processes.
    pub user_ms: u64,
    /// Milliseconds of CPU time in the kernel.
    pub system_ms: u64,
    /// The largest resident set of any process, in KiB; none if it is not known, as with what stays
    /// below Distill's own, which the kernel counts in.
    pub max_rss_kib: Option<u64>,
}

/// What is known of a plan that was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The label of the plan that ran first.
    pub label: String,
    /// What it made.
    pub output: Object,
    /// When it ended, in seconds since 1970.
    pub finished: u64,
    /// What it took.
    pub usage: Usage,
    /// The kernel and machine it ran on.
    pub machine: String,
    /// The version of Distill that ran it.
    pub distill: String,
}

impl Store {
    /// What is recorded of `plan`. A record that cannot be read counts as none.
    pub fn record(&self, plan: &PlanHash) -> Result<Option<Record>, StoreError> {
        let bytes = read_if_there(&self.record_path(plan))?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    /// Records what `plan` made: its encoding, the record, and the way back from the output. The
    /// output must have landed.
    pub fn write_record(&self, plan: &Resolved, record: &Record) -> Result<(), StoreError> {
        let hash = plan.hash();
        self.write_plan(plan)?;
        let bytes = serde_json::to_vec(record).expect("plain data");
        let output = self.output_path(&record.output);
        write_new(&self.run.fresh(), hash.to_string().as_bytes(), &output)?;
        write_new(&self.run.fresh(), &bytes, &self.record_path(&hash))?;
        Ok(())
    }

    /// Stores the encoding of `plan`, so that it can be run again without its recipe.
    pub fn write_plan(&self, plan: &Resolved) -> Result<(), StoreError> {
        write_new(
            &self.run.fresh(),
            &plan.encode(),
            &self.plan_path(&plan.hash()),
        )?;
        Ok(())
    }

    /// The stored plan of that hash.
    pub fn plan(&self, hash: &PlanHash) -> Result<Option<Resolved>, StoreError> {
        let Some(bytes) = read_if_there(&self.plan_path(hash))? else {
            return Ok(None);
        };
        let plan = *hash;
        match Resolved::decode(&bytes) {
            Ok(resolved) => Ok(Some(resolved)),
            Err(source) if source.is_foreign() => Err(StoreError::Foreign { plan, source }),
            Err(source) => Err(StoreError::Plan { plan, source }),
        }
    }

    /// The plan that made `object` last.
    pub fn maker(&self, object: &Object) -> Result<Option<PlanHash>, StoreError> {
        let bytes = read_if_there(&self.output_path(object))?;
        Ok(bytes.and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok()))
    }

    /// The plans whose hash begins with `prefix`, sorted; all that were ever run, if it is empty.
    pub fn plans(&self, prefix: &str) -> Result<Vec<PlanHash>, StoreError> {
        use super::io::At as _;
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
