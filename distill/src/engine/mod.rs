//! From a graph of plans to outputs in the store.
//!
//! [`Builder`] finds out what is missing and in which order; an [`Executor`] runs one plan whose
//! inputs are there. What happens on the way is told as [`Event`]s.

mod builder;
mod cancel;
mod capture;
mod environment;
mod error;
mod event;
mod executor;
mod fingerprint;
mod graph;
mod job;
mod jobserver;
mod local;
mod machine;
mod operation;
mod part;
mod places;
mod publish;
mod questions;
mod root;
mod run;
pub mod sandbox;
mod schedule;
mod scheduler;
mod sink;
mod supplier;
mod take;

pub use builder::{Builder, Options};
pub use cancel::Cancel;
pub use environment::{ENVIRONMENT, HOSTNAME, OUT, OWN, PROGRAM};
pub use error::{BuildError, ExecuteError, Failure, unreadable};
pub use event::{Event, JobId, Outcome};
pub use executor::{Executed, Executor, Job, Output, Place};
pub use jobserver::{Jobserver, Slot, cpus};
pub use local::Local;
pub use machine::{Machine, WrongMachine};
pub use part::RootError;
pub use publish::{PublishError, Publisher};
pub use root::shell_spec;
pub use scheduler::Survey;
pub use supplier::{Asking, Sources, Supplier};

#[cfg(test)]
mod tests;
