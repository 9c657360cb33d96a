//! What a download tells of itself while it runs.

use std::time::Duration;

use super::address::Shown;
use super::error::{Attempt, Reason};

/// What a download waits for before it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// This process fetches the same bytes already.
    SameDownload,
    /// Another process fetches the same bytes already.
    OtherProcess,
    /// As many downloads are running as may run at once.
    Turn,
}

/// Hears of one download. All methods do nothing unless they are overridden; they are called on the
/// thread that fetches, and should return soon.
pub trait Progress {
    /// Nothing happens yet.
    fn waiting(&self, _on: Waiting) {}

    /// A place is tried: its address, path or name.
    fn started(&self, _place: &Shown) {}

    /// So many bytes are here, of so many in all if the server told. The number falls when a
    /// download has to begin again.
    fn bytes(&self, _done: u64, _total: Option<u64>) {}

    /// A place failed for now, and will be tried again after `wait`, unless another one has it.
    fn retry(&self, _place: &Shown, _reason: &Reason, _wait: Duration) {}

    /// A place is given up; others may follow.
    fn gave_up(&self, _attempt: &Attempt) {}

    /// The bytes are here and right.
    fn finished(&self, _bytes: u64) {}
}

/// Hears nothing.
impl Progress for () {}
