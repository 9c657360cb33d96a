//! Waiting until services are ready.

use std::time::Duration;

use crate::error::LabError;
use crate::machine::Machine;

/// How much sooner the machine gives up than the test does, so that it can still say what is wrong.
const TELLING: Duration = Duration::from_secs(5);

impl Machine {
    /// Waits until the service `name` is ready.
    pub fn wait_ready(&self, name: &str) -> Result<(), LabError> {
        self.ready(&format!("'{name}'")).map(drop)
    }

    /// Waits until all services are ready that ever say so; how long after the kernel's start the last
    /// of them was, in whole seconds.
    pub fn wait_all_ready(&self) -> Result<Duration, LabError> {
        let seconds = self.ready("")?;
        let seconds = seconds.parse().map_err(|_| LabError::Invalid {
            text: seconds.clone(),
            why: "not a number of seconds".to_owned(),
        })?;
        Ok(Duration::from_secs(seconds))
    }

    fn ready(&self, names: &str) -> Result<String, LabError> {
        let limit = self.limit().saturating_sub(TELLING).as_millis();
        let script = include_str!("ready.sh");
        let output = self.run(&format!("set -- {limit} {names}\n{script}"))?;
        if output.success() {
            return Ok(output.text());
        }
        Err(LabError::NotReady {
            machine: self.name().to_owned(),
            said: output.errors(),
            console: self.console.log(),
        })
    }
}
