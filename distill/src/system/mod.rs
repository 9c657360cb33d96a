//! Systems: what a machine consists of, independent of hardware, and what it becomes on a platform.
//!
//! A [`Service`] is data: a daemon or a script, with its packages, files, users and what it starts
//! after. A [`System`] and a [`Platform`] are collections of such data. [`Platform::root`] puts the
//! two together, checks everything that can be known before the machine runs, and gives the
//! [`Root`]: the contents of the root file system, still as data.

mod account;
mod assembly;
mod clock;
mod composition;
mod emulation;
mod file;
mod finding;
mod first_boot;
mod form;
mod graph;
mod ground;
mod init;
mod kernel;
mod kind;
mod kinds;
mod listen;
mod mount;
mod places;
mod platform;
mod resolve;
mod root;
mod s6;
mod s6_rc;
mod service;
mod service_dir;
mod skeleton;
pub mod sysctl;
mod unix;
mod wiring;

pub use account::Accounts;
pub use clock::CLOCK;
pub use composition::{Loggers, Override, System};
pub use emulation::Emulation;
pub use file::{File, FileNode, Owner, Text};
pub use finding::{Finding, Problem, Relation, SystemError};
pub use form::ImageForm;
pub use graph::Graph;
pub use init::Init;
pub use kind::{Kind, Longrun, Oneshot, Readiness, Signal};
pub use mount::Mount;
pub use places::{EXECLINEB, OVERFLOW, PATH, SCANDIR};
pub use platform::{ImageMaker, Platform};
pub use root::{Permission, Root};
pub use service::{After, Directory, Misuse, Pattern, Service};
pub use sysctl::Sysctl;
pub use unix::{Group, User};

#[cfg(test)]
mod tests;
