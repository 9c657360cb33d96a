//! The process, as far as the command line sees it. Everything from outside comes in here, so that
//! a test runs a whole command in its own process.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Read, Write};

use camino::Utf8PathBuf;

use crate::engine::Cancel;

/// Environment variables. Those that are empty count as not set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The variables of this process; those that are not UTF-8 are left out.
    pub fn process() -> Environment {
        let utf8 = |(name, value): (OsString, OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        std::env::vars_os().filter_map(utf8).collect()
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The value of the first of several variables that is set.
    pub fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Environment {
        let owned = |(name, value): (N, V)| (name.into(), value.into());
        Environment(variables.into_iter().map(owned).collect())
    }
}

/// How large a terminal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalSize {
    /// Columns.
    pub width: usize,
    /// Lines.
    pub height: usize,
}

/// Arguments, environment and streams of a run.
pub struct Host {
    /// The name of the program as it was called, and its arguments.
    pub args: Vec<OsString>,
    /// The environment.
    pub env: Environment,
    /// The working directory.
    pub directory: Utf8PathBuf,
    /// The directory below which this machine's configuration lies (`/etc/apt`, …): `/`.
    pub root: Utf8PathBuf,
    /// Standard input.
    pub stdin: Box<dyn Read + Send>,
    /// Standard output: data.
    pub stdout: Box<dyn Write + Send>,
    /// Standard error: status.
    pub stderr: Box<dyn Write + Send>,
    /// Whether standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// If standard error is a terminal, what tells its size.
    pub terminal: Option<fn() -> TerminalSize>,
    /// Whether to take charge of Ctrl-C.
    pub signals: bool,
    /// Stops what runs.
    pub cancel: Cancel,
}

impl Host {
    /// This process. Fails if its working directory is gone, or not UTF-8.
    pub fn process() -> io::Result<Host> {
        let directory = Utf8PathBuf::from_path_buf(std::env::current_dir()?)
            .map_err(|_| io::Error::other("the working directory's path is not UTF-8"))?;
        Ok(Host {
            args: std::env::args_os().collect(),
            env: Environment::process(),
            directory,
            root: "/".into(),
            stdin: Box::new(io::stdin()),
            stdout: Box::new(io::stdout()),
            stderr: Box::new(io::stderr()),
            stdout_is_terminal: io::stdout().is_terminal(),
            terminal: io::stderr().is_terminal().then_some(terminal_size),
            signals: true,
            cancel: Cancel::default(),
        })
    }

    /// The program, as a shell would take it.
    pub(super) fn program(&self) -> String {
        let name = self
            .args
            .first()
            .map(|name| name.to_string_lossy().into_owned());
        name.unwrap_or_else(|| "distill".to_owned())
    }
}

fn terminal_size() -> TerminalSize {
    let (height, width) = console::Term::stderr().size();
    TerminalSize {
        width: width.into(),
        height: height.into(),
    }
}
