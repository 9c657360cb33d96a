//! Where a test happens.

use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use distill::cli::{Environment, Exit, Host, Target, run_on};
use distill::engine::Cancel;
use distill::package::{Config, Package};
use distill::plan::{Artifact, Plan};
use distill::store::io::At as _;
use tempfile::TempDir;

use crate::error::LabError;
use crate::net::Net;

/// How long anything may take if nothing is said. Emulation on a busy host is slow.
const LIMIT: Duration = Duration::from_secs(300);

/// Where a test happens: a scratch directory, which is removed with it, and the store of whoever
/// runs the test, as the command line would find it.
#[derive(Debug)]
pub struct Lab {
    scratch: TempDir,
    directory: Utf8PathBuf,
    limit: Duration,
    nets: AtomicU32,
}

impl Lab {
    /// A new one.
    pub fn new() -> Result<Lab, LabError> {
        let temp = std::env::temp_dir();
        let scratch = TempDir::new().at("make a directory in", temp.to_string_lossy().as_ref())?;
        let path = scratch.path().to_owned();
        let directory = Utf8PathBuf::from_path_buf(path).map_err(|path| LabError::Invalid {
            text: path.to_string_lossy().into_owned(),
            why: "the path of a scratch directory has to be UTF-8".to_owned(),
        })?;
        Ok(Lab {
            scratch,
            directory,
            limit: LIMIT,
            nets: AtomicU32::new(0),
        })
    }

    /// The same with another limit for whatever a test waits for: five minutes, if nothing is said.
    pub fn limit(self, limit: Duration) -> Lab {
        Lab { limit, ..self }
    }

    /// The scratch directory.
    pub fn directory(&self) -> &Utf8Path {
        debug_assert!(self.scratch.path().is_dir(), "it lasts as long as this");
        &self.directory
    }

    pub(crate) fn time_limit(&self) -> Duration {
        self.limit
    }

    /// A network of its own, with nobody on it.
    pub fn net(&self) -> Net {
        Net::new(self.nets.fetch_add(1, Ordering::Relaxed))
    }

    /// Builds the image of a target; where it lies.
    pub fn image(&self, target: &Target) -> Result<Utf8PathBuf, LabError> {
        self.build(target, "the image", &[])
    }

    /// A program of a package for the build machine, built if need be: static ones run here.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), distill_testing::LabError> {
    /// let lab = distill_testing::Lab::new()?;
    /// let config = distill_packages::quick();
    /// let jq = lab.program(&config, distill_packages::jq, "usr/bin/jq")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn program(
        &self,
        config: &Config,
        package: impl Into<Package>,
        path: &str,
    ) -> Result<Utf8PathBuf, LabError> {
        Ok(self.tree(config, &package.into())?.join(path))
    }

    /// The tree of a package.
    pub(crate) fn tree(&self, config: &Config, package: &Package) -> Result<Utf8PathBuf, LabError> {
        let plan = |artifact| match artifact {
            Artifact::Plan(plan) => Some(plan),
            _ => None,
        };
        let mut plans = config
            .expand(package)
            .into_iter()
            .filter_map(|placed| plan(placed.of));
        let name = package.name().to_owned();
        let plan: Plan = plans.next().ok_or_else(|| LabError::Build {
            what: name.clone(),
            status: Exit::Definition.code(),
            said: "the package makes nothing".to_owned(),
        })?;
        let target = Target::from(plan.clone()).with_package("wanted", plan);
        self.build(&target, &name, &["wanted"])
    }

    /// Runs `build` as the command line does, with the same store, caches and messages; the path
    /// that it prints.
    fn build(&self, target: &Target, what: &str, names: &[&str]) -> Result<Utf8PathBuf, LabError> {
        let (said, printed) = (Sink::default(), Sink::default());
        let words = ["distill", "build", "--quiet"].iter().chain(names);
        let status = run_on(
            Host {
                args: words.map(Into::into).collect(),
                env: Environment::process(),
                directory: self.directory.clone(),
                root: "/".into(),
                stdin: Box::new(std::io::empty()),
                stdout: Box::new(printed.clone()),
                stderr: Box::new(said.clone()),
                stdout_is_terminal: false,
                terminal: None,
                signals: false,
                cancel: Cancel::default(),
            },
            target,
        );
        let printed = printed.text();
        match printed.lines().last() {
            Some(path) if status == 0 => Ok(self.directory.join(path)),
            _ => Err(LabError::Build {
                what: what.to_owned(),
                status,
                said: said.text(),
            }),
        }
    }
}

/// Keeps what is written to it.
#[derive(Debug, Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
