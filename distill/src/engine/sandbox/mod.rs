//! The sandbox: one build in fresh Linux namespaces, on a root made of stacked read-only trees.
//!
//! A [`Spec`] says what the program sees; [`spawn`] starts it; nothing of it is left when
//! [`Running::wait`] returns. No privilege is needed, and it works the same for root.
//!
//! Linux 5.12 or later.

mod child;
mod error;
mod filter;
mod job;
mod layout;
mod limits;
mod network;
mod populate;
mod probe;
mod running;
mod scratch;
mod spec;
mod state;
mod step;
mod sys;
#[cfg(test)]
pub(super) mod tests;
mod trial;

pub use self::error::SandboxError;
pub use self::layout::MOUNT_POINTS;
pub use self::limits::{Limits, LowLimit};
pub use self::populate::populate;
pub use self::probe::{Capabilities, Lack, MAX_LAYERS, probe};
pub use self::running::{Exit, Killer, Running, Status, Usage, spawn};
pub use self::scratch::{discard, spread};
pub use self::spec::{Input, Io, Method, Spec, Stack, Writable};
pub use self::sys::follow_parent;
