//! A record: what a plan made, when, how long it took, and on what.

use serde::{Deserialize, Serialize};

use crate::plan::{Object, PlanHash};

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

/// How whoever keeps a record knows what a plan made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provenance {
    /// It ran here, and the output came to lie here.
    Here,
    /// The executor of this name ran it for us, and left the output where it is.
    Elsewhere(String),
    /// The cache of this name said so. Nothing but the cache vouches for it: when the plan runs here
    /// and makes something else, what was made here counts.
    Cache(String),
}

/// What is known of a plan that was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The label of the plan that ran first.
    pub label: String,
    /// What it made.
    pub output: Object,
    /// How that is known.
    pub provenance: Provenance,
    /// When it ended, or was heard of, in seconds since 1970.
    pub finished: u64,
    /// What it took.
    pub usage: Usage,
    /// The kernel and machine it ran on, as far as whoever ran it says.
    pub machine: String,
    /// The version of Distill that wrote this.
    pub distill: String,
}

/// Bytes that are no record of the plan under whose hash they lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// They are no record.
    #[error("its record is not readable")]
    Unreadable,
    /// They are the record of another plan.
    #[error("its record is that of another plan")]
    OtherPlan,
}

/// A record as it is written: it names its plan, so that one that got under the name of another plan is
/// found out.
#[derive(Serialize, Deserialize)]
struct Filed<R> {
    plan: PlanHash,
    #[serde(flatten)]
    record: R,
}

impl Record {
    /// No record is longer.
    pub const LONGEST: u64 = 64 * 1024;

    /// The record of `plan` as it is written down and sent: one object of JSON.
    pub fn encode(&self, plan: &PlanHash) -> Vec<u8> {
        let (plan, record) = (*plan, self);
        serde_json::to_vec(&Filed { plan, record }).expect("plain data")
    }

    /// Reads a record of `plan` back. The text of an [`Object`] alone is one, too, that tells no more than
    /// what was made.
    pub fn decode(plan: &PlanHash, bytes: &[u8]) -> Result<Record, RecordError> {
        let text = std::str::from_utf8(bytes).map_err(|_| RecordError::Unreadable)?;
        if let Ok(output) = text.trim_end().parse() {
            return Ok(Record::bare(output));
        }
        match serde_json::from_str::<Filed<Record>>(text) {
            Ok(filed) if filed.plan == *plan => Ok(filed.record),
            Ok(_) => Err(RecordError::OtherPlan),
            Err(_) => Err(RecordError::Unreadable),
        }
    }

    /// That something was made, by nobody knows whom.
    fn bare(output: Object) -> Record {
        Record {
            label: String::new(),
            output,
            provenance: Provenance::Here,
            finished: 0,
            usage: Usage::default(),
            machine: String::new(),
            distill: String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Hash;

    fn plan(text: &str) -> PlanHash {
        PlanHash(Hash::of(text))
    }

    #[test]
    fn every_provenance_is_read_back() {
        let output = Object::Tree(Hash::of("tree"));
        let name = || "a name".to_owned();
        let all = [
            Provenance::Here,
            Provenance::Elsewhere(name()),
            Provenance::Cache(name()),
        ];
        for provenance in all {
            let record = Record {
                provenance,
                finished: 7,
                ..Record::bare(output)
            };
            let bytes = record.encode(&plan("x"));
            assert_eq!(Record::decode(&plan("x"), &bytes), Ok(record));
            let other = Record::decode(&plan("y"), &bytes);
            assert_eq!(other, Err(RecordError::OtherPlan));
        }
    }

    #[test]
    fn an_object_alone_is_a_record() {
        let output = Object::Tree(Hash::of("tree"));
        let text = format!("{output}\n");
        let record = Record::decode(&plan("x"), text.as_bytes()).unwrap();
        assert_eq!(record.output, output);
    }

    #[test]
    fn what_is_no_record_is_refused() {
        for bytes in [&b""[..], b"nonsense", b"{}", b"\xff", b"{\"plan\":\"x\"}"] {
            let read = Record::decode(&plan("x"), bytes);
            assert_eq!(read, Err(RecordError::Unreadable), "{bytes:?}");
        }
    }
}
