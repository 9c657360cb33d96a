//! Steps that are tried in namespaces of their own, without a program.

use std::io;

use nix::errno::Errno;

use super::job::{Caller, Job};
use super::running::{Failed, start};
use super::state::Started;
use super::step::Step;
use super::{filter, layout};

/// Why something that was tried did not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    /// What was tried, as a verb phrase; none if not even the namespaces could be made.
    pub(super) step: Option<String>,
    pub(super) errno: Errno,
}

/// How a trial went.
pub(super) type Trial = Result<(), Trouble>;

/// Carry out steps in fresh namespaces, and report how that went.
pub(super) fn attempt(steps: Vec<Step>) -> io::Result<Trial> {
    let caller = Caller::current();
    let mut setup = layout::detach(caller, "probe").map_err(io::Error::other)?;
    setup.extend(steps);
    let job = Job {
        caller,
        new_network: layout::new_network(caller),
        old_network: Vec::new(),
        setup,
        launch: Vec::new(),
        exec: None,
        streams: [0, 1, 2],
        filter: &filter::PROGRAM,
    };
    Ok(match start(job)? {
        Ok(_) => Ok(()),
        Err(failed) => Err(trouble(&failed)),
    })
}

fn trouble(failed: &Failed) -> Trouble {
    let (step, errno) = match failed.started {
        Started::Failed(index, errno) => (failed.job.steps().nth(index), errno),
        Started::Running | Started::Lost => (None, Errno::EINTR),
    };
    let step = step.map(ToString::to_string);
    Trouble { step, errno }
}
