//! A machine under test.

use std::io::Write as _;
use std::process::ChildStdin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use distill::machine::{Machine as Qemu, MachineError, MachineSpec, Metadata, Monitor};

use crate::channel::{Channel, Output};
use crate::console::Console;
use crate::error::LabError;
use crate::net::Net;

/// A machine under test. It ends, as if the power was cut, when this is dropped.
///
/// All commands run as root, one after the other; what waits does so for as long as the
/// [`Lab`](crate::Lab) allows, or [`within`](Machine::within) a time of its own.
pub struct Machine {
    pub(crate) plan: Plan,
    pub(crate) console: Console,
    pub(crate) power: Mutex<Power>,
    limit: Mutex<Duration>,
}

/// Everything that a machine is started with.
pub(crate) struct Plan {
    pub(crate) spec: MachineSpec,
    pub(crate) directory: Utf8PathBuf,
    pub(crate) image: Utf8PathBuf,
    pub(crate) disk_size: u64,
    /// What the further disks of `spec` are copies of.
    pub(crate) disks: Vec<Utf8PathBuf>,
    pub(crate) metadata: Option<Metadata>,
    pub(crate) nets: Vec<Net>,
    pub(crate) limit: Duration,
}

pub(crate) enum Power {
    Off,
    On(Box<Running>),
}

/// What there is while a machine is on.
pub(crate) struct Running {
    pub(crate) qemu: Qemu,
    pub(crate) input: ChildStdin,
    pub(crate) channel: Channel,
    pub(crate) since: Instant,
}

impl Machine {
    pub(crate) fn start(plan: Plan) -> Result<Machine, LabError> {
        let machine = Machine {
            limit: Mutex::new(plan.limit),
            plan,
            console: Console::default(),
            power: Mutex::new(Power::Off),
        };
        machine.make_disks()?;
        machine.boot()?;
        Ok(machine)
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.plan.spec.name
    }

    /// Its disk, a raw image: to be looked at while the machine is off.
    pub fn disk(&self) -> &Utf8Path {
        &self.plan.spec.disk
    }

    /// The port of the host's loopback address that leads to port `guest`, if there is one.
    pub fn port(&self, guest: u16) -> Option<u16> {
        let forwards = &self.plan.spec.network.as_ref()?.forwards;
        let forward = forwards.iter().find(|forward| forward.guest == guest);
        forward.map(|forward| forward.host)
    }

    /// How long it has been on.
    pub fn age(&self) -> Result<Duration, LabError> {
        self.running("its age", |running| Ok(running.since.elapsed()))
    }

    /// Does something with another limit for whatever the test waits for meanwhile.
    ///
    /// ```no_run
    /// # fn test(machine: &distill_testing::Machine) -> Result<(), distill_testing::LabError> {
    /// use std::time::Duration;
    ///
    /// machine.within(Duration::from_secs(20), |machine| machine.wait_ready("sshd"))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn within<T>(&self, limit: Duration, act: impl FnOnce(&Machine) -> T) -> T {
        let before = std::mem::replace(&mut *self.own_limit(), limit);
        let done = act(self);
        *self.own_limit() = before;
        done
    }

    /// The longest that anything may take.
    pub(crate) fn limit(&self) -> Duration {
        *self.own_limit()
    }

    fn own_limit(&self) -> MutexGuard<'_, Duration> {
        self.limit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn power(&self) -> MutexGuard<'_, Power> {
        self.power.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the machine, which has to be on.
    pub(crate) fn running<T>(
        &self,
        what: &str,
        act: impl FnOnce(&mut Running) -> Result<T, LabError>,
    ) -> Result<T, LabError> {
        let mut power = self.power();
        let Power::On(running) = &mut *power else {
            return Err(self.off());
        };
        match running.qemu.ended() {
            Ok(Some(status)) => Err(self.ended(&status.to_string(), what)),
            Ok(None) => act(running),
            Err(source) => Err(self.broken(source)),
        }
    }

    pub(crate) fn check_on(&self, what: &str) -> Result<(), LabError> {
        self.running(what, |_| Ok(()))
    }

    pub(crate) fn monitor(
        &self,
        what: &str,
        act: impl FnOnce(&mut Monitor) -> Result<(), MachineError>,
    ) -> Result<(), LabError> {
        self.running(what, |running| {
            let done = running
                .qemu
                .monitor()
                .and_then(|mut monitor| act(&mut monitor));
            done.map_err(|source| self.broken(source))
        })
    }

    pub(crate) fn off(&self) -> LabError {
        let machine = self.name().to_owned();
        LabError::Off { machine }
    }

    pub(crate) fn broken(&self, source: MachineError) -> LabError {
        let machine = self.name().to_owned();
        LabError::Machine { machine, source }
    }

    pub(crate) fn timed_out(&self, what: &str, limit: Duration) -> LabError {
        LabError::TimedOut {
            machine: self.name().to_owned(),
            what: what.to_owned(),
            limit,
            console: self.console.log(),
        }
    }

    pub(crate) fn ended(&self, status: &str, what: &str) -> LabError {
        LabError::Ended {
            machine: self.name().to_owned(),
            status: status.to_owned(),
            what: what.to_owned(),
            console: self.console.log(),
        }
    }

    pub(crate) fn started_again(&self, what: &str) -> LabError {
        LabError::StartedAgain {
            machine: self.name().to_owned(),
            what: what.to_owned(),
            console: self.console.log(),
        }
    }

    pub(crate) fn unexpected(&self, command: &str, output: &Output) -> LabError {
        LabError::Command {
            machine: self.name().to_owned(),
            command: command.to_owned(),
            status: output.status,
            output: output.text(),
            errors: output.errors(),
            console: self.console.log(),
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let text = format!("machine `{}`{}\n", self.name(), self.console.log());
            let _ = std::io::stderr().write_all(text.as_bytes());
        }
    }
}
