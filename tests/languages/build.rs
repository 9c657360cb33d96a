//! Builds a plan as a user's program does, in the user's store.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use distill::cli::{self, Host, Target};
use distill::plan::Plan;

/// What came of it.
pub(crate) struct Built {
    succeeded: bool,
    stdout: String,
    stderr: String,
}

impl Built {
    /// The directory of what was made.
    #[track_caller]
    pub(crate) fn tree(&self) -> PathBuf {
        assert!(self.succeeded, "{}", self.stderr);
        self.stdout.lines().last().expect("a path").into()
    }

    /// What was told about the failure, with each hint on one line.
    #[track_caller]
    pub(crate) fn failure(&self) -> &str {
        assert!(!self.succeeded, "{}", self.stdout);
        &self.stderr
    }
}

/// Builds `plan`.
pub(crate) fn build(plan: &Plan) -> Built {
    build_with(plan, [])
}

/// Builds `plan` with more variables in the environment.
pub(crate) fn build_with<const N: usize>(plan: &Plan, variables: [(&str, String); N]) -> Built {
    let (stdout, stderr) = (Stream::default(), Stream::default());
    let args = ["languages", "build", "it"].map(Into::into).to_vec();
    let host = Host {
        args,
        stdout: Box::new(stdout.clone()),
        stderr: Box::new(stderr.clone()),
        stdout_is_terminal: false,
        terminal: None,
        signals: false,
        env: std::env::vars()
            .chain(variables.map(|(name, value)| (name.to_owned(), value)))
            .collect(),
        ..Host::process().expect("a working directory")
    };
    let target = Target::new("languages", plan.clone()).with_package("it", plan.clone());
    let succeeded = cli::run_on(host, &target) == 0;
    Built {
        succeeded,
        stdout: stdout.text(),
        stderr: stderr.text(),
    }
}

/// What is written here is kept.
#[derive(Clone, Default)]
struct Stream(Arc<Mutex<Vec<u8>>>);

impl Stream {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("no panic")).into_owned()
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
