//! How one attempt to get something can end badly.

use super::error::{FetchError, Reason};

/// Why one attempt ended without the right bytes.
#[derive(Debug)]
pub(super) enum Stop {
    /// The place is at fault.
    Failed(Reason),
    /// What is here is not the beginning of what the place has.
    Stale,
    /// The whole fetch has to end.
    Fatal(FetchError),
}

impl From<Reason> for Stop {
    fn from(reason: Reason) -> Stop {
        Stop::Failed(reason)
    }
}

impl From<FetchError> for Stop {
    fn from(error: FetchError) -> Stop {
        Stop::Fatal(error)
    }
}
