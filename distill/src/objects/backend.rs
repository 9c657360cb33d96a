//! What all backends have.

use std::fmt;

/// A place that holds contents, records, or both. It may be asked by several threads at once.
pub trait Backend: fmt::Debug + Send + Sync {
    /// What to call it in messages.
    fn name(&self) -> String;
}
