//! Why a command did not do what it was asked, and how that is told.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::sync::Arc;

use super::exit::Exit;
use crate::engine::sandbox::{Lack, SandboxError};
use crate::engine::{BuildError, ExecuteError, PublishError};
use crate::machine::MachineError;
use crate::objects::BackendError;
use crate::plan::Source;
use crate::store::StoreError;
use crate::store::intake::IntakeError;
use crate::store::io::{FULL_HINT, IoError};

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CliError {
    /// The arguments or the environment are wrong.
    #[error("{0}")]
    Usage(String),
    /// What was asked for does not exist, or a definition is wrong.
    #[error("{0}")]
    Definition(String),
    /// The target cannot be expanded to a graph.
    #[error(transparent)]
    Target(Box<dyn Error + Send + Sync>),
    /// This machine lacks something.
    #[error("{0}")]
    Unfit(String),
    /// What was built cannot be put where it was asked for.
    #[error("cannot write to `{path}`\nhint: choose another place with `--output`")]
    Output {
        /// The place.
        path: camino::Utf8PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Without the network nothing can be built.
    #[error("cannot build without the network, since these sources are not on this machine:{}\nhint: run \
             once without `--offline`, or bring them from another machine with `sources export` and \
             `sources import`", lines(.0))]
    Offline(Vec<Source>),
    /// The store holds what is damaged, or gone.
    #[error("{0}")]
    Damaged(String),
    /// This machine does not allow a sandbox.
    #[error(transparent)]
    Lack(#[from] Lack),
    /// The graph was not built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// One plan could not be run.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
    /// A sandbox could not be started.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// What is typed or printed could not be passed on to or from a sandbox.
    #[error("cannot connect the sandbox with the terminal")]
    Streams(#[source] io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A tree could not be read or written.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// A directory of sources could not be read or written.
    #[error(transparent)]
    Cache(#[from] BackendError),
    /// What was built could not be given away.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The file system said no.
    #[error(transparent)]
    Io(#[from] IoError),
    /// A machine does not run.
    #[error(transparent)]
    Machine(#[from] MachineError),
    /// Standard output does not take what is printed. What is behind it, and whether that is full, is not the
    /// store's matter: so its cause is told here, without a hint.
    #[error("cannot write to standard output: {0}")]
    Stdout(io::Error),
    /// Whoever read the output has stopped to.
    #[error("nobody reads the output any more")]
    BrokenPipe,
}

impl CliError {
    /// The exit status that it stands for.
    pub fn exit(&self) -> Exit {
        match self {
            CliError::Usage(_) => Exit::Usage,
            CliError::Definition(_)
            | CliError::Target(_)
            | CliError::Damaged(_)
            | CliError::Intake(_)
            | CliError::Cache(_)
            | CliError::Publish(PublishError::Backend(_)) => Exit::Definition,
            CliError::Offline(_) => Exit::Unreachable,
            CliError::Unfit(_)
            | CliError::Lack(_)
            | CliError::Streams(_)
            | CliError::Stdout(_)
            | CliError::Output { .. } => Exit::Unfit,
            CliError::Build(error) => error.into(),
            CliError::Execute(error) => error.into(),
            CliError::Sandbox(error) => error.into(),
            CliError::Store(error) | CliError::Publish(PublishError::Store(error)) => error.into(),
            CliError::Io(error)
            | CliError::Publish(PublishError::Io(error))
            | CliError::Machine(MachineError::Io(error)) => error.into(),
            CliError::Machine(MachineError::TooSmall { .. }) => Exit::Usage,
            CliError::Machine(_) => Exit::Unfit,
            // As for `yes | head`: the reader has what it wanted.
            CliError::BrokenPipe => Exit::Success,
        }
    }
}

fn lines(sources: &[Source]) -> String {
    let line = |source: &Source| format!("\n  {} ({})", source.file_name, source.digest);
    sources.iter().map(line).collect()
}

/// An error with its causes, taken apart for printing: hints come last, wherever they stood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Report {
    /// The message; further lines are details.
    pub(super) message: String,
    /// Why, outermost first.
    pub(super) causes: Vec<String>,
    /// What to do.
    pub(super) hints: Vec<String>,
}

impl Report {
    pub(super) fn new(error: &dyn Error) -> Report {
        let mut report = Report::default();
        report.message = report.without_hints(&error.to_string());
        let mut cause = error.source();
        while let Some(error) = cause {
            let text = report.without_hints(&error.to_string());
            report.causes.push(text);
            report.hint_at_full_disk(error);
            cause = error.source();
        }
        report
    }

    /// A disk becomes full in the middle of anything, also of what knows nothing of stores.
    fn hint_at_full_disk(&mut self, error: &(dyn Error + 'static)) {
        let shared = error.downcast_ref().map(<Arc<io::Error>>::as_ref);
        let kind = error.downcast_ref().or(shared).map(io::Error::kind);
        let full = matches!(
            kind,
            Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
        );
        if full && !self.hints.iter().any(|hint| hint == FULL_HINT) {
            self.hints.push(FULL_HINT.to_owned());
        }
    }

    /// The text without its hints, which are kept.
    fn without_hints(&mut self, text: &str) -> String {
        let mut lines = Vec::new();
        for line in text.lines() {
            match line.strip_prefix("hint: ") {
                Some(hint) => self.hints.push(hint.to_owned()),
                None => lines.push(line),
            }
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::FetchError;
    use crate::store::io::At as _;

    #[test]
    fn a_report_has_the_chain_and_the_hints_last() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let error = Err::<(), _>(full).at("write", "/store/x").unwrap_err();
        let report = Report::new(&CliError::from(error));
        assert_eq!(report.message, "cannot write `/store/x`");
        assert_eq!(report.causes, ["no storage space"]);
        assert_eq!(report.hints, [FULL_HINT]);
    }

    #[test]
    fn a_full_disk_is_a_hint_wherever_it_is_met() {
        let full = || io::Error::from(ErrorKind::StorageFull);
        let intake = IntakeError::Io {
            action: "write",
            path: "/x".into(),
            source: full(),
        };
        let fetch = FetchError::Disk {
            path: "/x".into(),
            source: Arc::new(full()),
        };
        let errors: [ExecuteError; 2] = [intake.into(), fetch.into()];
        for error in errors {
            assert_eq!(Report::new(&error).hints, [FULL_HINT], "{error:?}");
            assert_eq!(Exit::from(&error), Exit::Unfit, "{error:?}");
        }
    }
}
