//! What plans have made.

use std::collections::BTreeMap;

use super::backend::Backend;
use super::error::BackendError;
use super::found::Found;
use super::record::Record;
use crate::plan::{PlanHash, Resolved};

/// What is recorded of a plan.
#[derive(Debug)]
pub enum Answer {
    /// The record.
    Record(Record),
    /// Where its bytes are ([`Record::encode`]): an answer of a place that only serves files.
    Encoded(Found),
}

/// A place that knows what plans have made.
///
/// The same holds as for [`Contents`](super::Contents): many at once, and with patience.
pub trait Records: Backend {
    /// What is recorded of `plans`; of what is not in the answer, nothing is.
    fn look_up(&self, plans: &[PlanHash]) -> Result<BTreeMap<PlanHash, Answer>, BackendError>;

    /// Records what plans made. What was written last counts. After an error, some of them may be
    /// recorded.
    ///
    /// One that others fill says [`ReadOnly`](BackendError::ReadOnly).
    fn record(&self, records: &[(&Resolved, &Record)]) -> Result<(), BackendError> {
        let _ = records;
        Err(BackendError::ReadOnly)
    }
}
