//! What a machine says, and what it is told.

use std::io::Write as _;
use std::time::Duration;

use distill::machine::MachineError;
use distill::store::io::{At as _, IoError};
use regex::Regex;

use crate::channel::{Message, Output};
use crate::error::LabError;
use crate::machine::{Machine, Running};
use crate::wait;

/// How much longer the answer to a script may take than the script: the machine ends a script that takes
/// too long, and this is for a machine that does not.
const GRACE: Duration = Duration::from_secs(5);

impl Machine {
    /// What the console has said since the last boot.
    pub fn console(&self) -> String {
        self.console.text()
    }

    /// Waits until the console has said something since the last boot that matches the regular
    /// expression `pattern` (`^` and `$` are the ends of lines); what matched.
    pub fn wait_console(&self, pattern: &str) -> Result<String, LabError> {
        let regex = Regex::new(&format!("(?m){pattern}")).map_err(|error| LabError::Invalid {
            text: pattern.to_owned(),
            why: error.to_string(),
        })?;
        let what = format!("`{pattern}` on the console");
        let matched = wait::until(self.limit(), || {
            let text = self.console.text().replace('\r', "");
            let found = regex.find(&text).map(|found| found.as_str().to_owned());
            match found {
                Some(found) => Ok(Some(found)),
                None => self.check_on(&what).map(|()| None),
            }
        })?;
        matched.ok_or_else(|| self.timed_out(&what, self.limit()))
    }

    /// Types a line on the console.
    pub fn type_line(&self, line: &str) -> Result<(), LabError> {
        self.running("the console", |running| {
            Ok(writeln!(running.input, "{line}").at("write to the console of", self.name())?)
        })
    }

    /// Runs a shell script, for as long as the lab allows; what it has done.
    pub fn run(&self, script: &str) -> Result<Output, LabError> {
        self.run_with(script, b"")
    }

    /// Runs a shell script with this standard input.
    pub fn run_with(&self, script: &str, input: &[u8]) -> Result<Output, LabError> {
        self.ask(script, input, self.limit())?
            .ok_or_else(|| self.timed_out(&format!("the answer to `{script}`"), self.limit()))
    }

    /// Runs a shell script that must succeed; what it printed, without white space at its end.
    pub fn succeed(&self, script: &str) -> Result<String, LabError> {
        let output = self.run(script)?;
        if output.success() {
            return Ok(output.text());
        }
        Err(self.unexpected(script, &output))
    }

    /// Runs a shell script that must fail; what it printed on standard error.
    pub fn fail(&self, script: &str) -> Result<String, LabError> {
        let output = self.run(script)?;
        if !output.success() {
            return Ok(output.errors());
        }
        Err(self.unexpected(script, &output))
    }

    /// Runs a shell script again and again until it succeeds; what it printed then.
    pub fn wait_until(&self, script: &str) -> Result<String, LabError> {
        let mut last = Output::default();
        let done = wait::until(self.limit(), || {
            last = self.run(script)?;
            Ok::<_, LabError>(last.success().then(|| last.text()))
        })?;
        done.ok_or_else(|| self.unexpected(script, &last))
    }

    /// Waits until somebody in the machine listens on TCP port `port` of its loopback address.
    pub fn wait_open_port(&self, port: u16) -> Result<(), LabError> {
        self.wait_until(&format!("nc -z 127.0.0.1 {port}"))
            .map(drop)
    }

    /// Puts a file of these bytes at `path`.
    pub fn copy_in(&self, bytes: &[u8], path: &str) -> Result<(), LabError> {
        let script = format!("cat >'{path}'");
        let output = self.run_with(&script, bytes)?;
        if output.success() {
            return Ok(());
        }
        Err(self.unexpected(&script, &output))
    }

    /// The bytes of the file at `path`.
    pub fn copy_out(&self, path: &str) -> Result<Vec<u8>, LabError> {
        let script = format!("cat '{path}'");
        let output = self.run(&script)?;
        if output.success() {
            return Ok(output.stdout);
        }
        Err(self.unexpected(&script, &output))
    }

    /// Sends a script whose answer may never come.
    pub(crate) fn order(&self, script: &str) -> Result<(), LabError> {
        self.running(script, |running| {
            self.wait_agent(running)?;
            self.send(running, script, b"", self.limit())
        })
    }

    /// Waits until the machine has started again.
    pub(crate) fn wait_other_boot(&self, before: &str) -> Result<(), LabError> {
        let what = "another boot";
        self.running(what, |running| {
            while running.channel.boot() == Some(before) {
                self.receive(running, self.limit(), what)?
                    .ok_or_else(|| self.timed_out(what, self.limit()))?;
            }
            Ok(())
        })
    }

    /// Which boot it is.
    pub(crate) fn boot_id(&self) -> Result<String, LabError> {
        self.running("the agent", |running| self.wait_agent(running))
    }

    /// Sends a script, and waits for its answer.
    fn ask(&self, script: &str, input: &[u8], limit: Duration) -> Result<Option<Output>, LabError> {
        self.running(script, |running| {
            self.wait_agent(running)?;
            self.send(running, script, input, limit)?;
            match self.receive(running, limit + GRACE, script)? {
                Some(Message::Answer(output)) => Ok(Some(output)),
                Some(Message::Hello) => Err(self.started_again(script)),
                None => Ok(None),
            }
        })
    }

    /// Waits until the agent listens: what is sent before, the machine's firmware may take for the keys of
    /// its console. Which boot it is.
    fn wait_agent(&self, running: &mut Running) -> Result<String, LabError> {
        let read = running.channel.catch_up();
        read.at("read from", self.name())?;
        loop {
            if let Some(boot) = running.channel.boot() {
                return Ok(boot.to_owned());
            }
            self.receive(running, self.limit(), "the agent")?
                .ok_or_else(|| self.timed_out("the agent", self.limit()))?;
        }
    }

    fn send(
        &self,
        running: &mut Running,
        script: &str,
        input: &[u8],
        limit: Duration,
    ) -> Result<(), LabError> {
        let sent = running.channel.send(script, input, limit);
        Ok(sent.at("write to", self.name())?)
    }

    /// The agent's next message.
    fn receive(
        &self,
        running: &mut Running,
        limit: Duration,
        what: &str,
    ) -> Result<Option<Message>, LabError> {
        let Running { qemu, channel, .. } = running;
        let message = channel.receive(limit, || match qemu.ended() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(Lost::Ended(status.to_string())),
            Err(error) => Err(Lost::Qemu(error)),
        });
        message.map_err(|lost| match lost {
            Lost::Ended(status) => self.ended(&status, &format!("`{what}`")),
            Lost::Qemu(source) => self.broken(source),
            Lost::Io(source) => LabError::Io(IoError {
                verb: "read from",
                path: self.name().into(),
                source,
            }),
        })
    }
}

/// Why nothing more comes.
enum Lost {
    Ended(String),
    Qemu(MachineError),
    Io(std::io::Error),
}

impl From<std::io::Error> for Lost {
    fn from(error: std::io::Error) -> Lost {
        Lost::Io(error)
    }
}
