//! Where bytes and knowledge may lie: two small traits, and what each implementation has to do.
//!
//! [`Contents`] are bytes by their digest: they vouch for themselves, so it does not matter who gives
//! them. [`Records`] say what plans have made: nobody but who says it vouches for that. A directory, a
//! server, a cluster may be either or both. The suites in [`conformance`] say what is expected of one,
//! and are run on it; [`Memory`] is the smallest that passes them.
//!
//! A call may take long, and one into a place that is gone may hang. So all are made for many things at
//! once, and whoever must not wait for ever calls through [`Patient`].

mod backend;
mod check;
pub mod conformance;
mod content;
mod contents;
mod error;
mod found;
mod memory;
mod patience;
mod record;
mod records;

pub use backend::Backend;
pub use check::Check;
pub use content::Content;
pub use contents::{Contents, Outgoing};
pub use error::BackendError;
pub use found::Found;
pub use memory::Memory;
pub use patience::{Alive, Impatience, Patient, PatientReader, Teller};
pub use record::{Provenance, Record, RecordError, Usage};
pub use records::{Answer, Records};
