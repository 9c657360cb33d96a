//! A machine under test.

use std::io::Write as _;
use std::process::{ChildStdin, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use distill::machine::{
    Machine as Qemu, MachineError, MachineSpec, Metadata, Monitor, Streams, listen, make_blank,
    make_disk,
};
use distill::store::io::{At as _, IoError};
use regex::Regex;

use crate::agent;
use crate::channel::{Channel, Output};
use crate::console::Console;
use crate::error::LabError;
use crate::net::Net;
use crate::wait;

/// How long an answer may take that says which boot it is.
const PROBE: Duration = Duration::from_secs(5);

/// A machine under test. It ends, as if the power was cut, when this is dropped.
///
/// All commands run as root, one after the other; what waits does so for as long as the
/// [`Lab`](crate::Lab) allows.
pub struct Machine {
    plan: Plan,
    console: Console,
    power: Mutex<Power>,
}

/// Everything that a machine is started with.
pub(crate) struct Plan {
    pub(crate) spec: MachineSpec,
    pub(crate) directory: Utf8PathBuf,
    pub(crate) image: Utf8PathBuf,
    pub(crate) disk_size: u64,
    pub(crate) metadata: Option<Metadata>,
    pub(crate) nets: Vec<Net>,
    pub(crate) limit: Duration,
}

enum Power {
    Off,
    On(Box<Running>),
}

/// What there is while a machine is on.
struct Running {
    qemu: Qemu,
    input: ChildStdin,
    channel: Channel,
    since: Instant,
}

impl Machine {
    pub(crate) fn start(plan: Plan) -> Result<Machine, LabError> {
        let machine = Machine {
            plan,
            console: Console::default(),
            power: Mutex::new(Power::Off),
        };
        machine.make_disk()?;
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

    // --- power

    /// Switches the machine on, with the disk as it is. Without effect if it is on.
    pub fn boot(&self) -> Result<(), LabError> {
        let mut power = self.power();
        if let Power::On(_) = *power {
            return Ok(());
        }
        self.console.begin_boot();
        for (card, net) in self.plan.spec.cards.iter().zip(&self.plan.nets) {
            let socket = self.plan.directory.join(card.socket());
            distill::store::io::remove_if_there(&socket)?;
            net.plug(listen(&self.plan.directory, &card.socket())?);
        }
        let streams = Streams {
            input: Stdio::piped(),
            output: Stdio::piped(),
            error: Stdio::inherit(),
        };
        let metadata = self.plan.metadata.clone();
        let start = Instant::now();
        let mut qemu = Qemu::start(&self.plan.spec, &self.plan.directory, metadata, streams)
            .map_err(|source| self.broken(source))?;
        if let Some(output) = qemu.take_output() {
            self.console.record(output);
        }
        let input = qemu.take_input().expect("a pipe, as was asked for");
        let channel = self.channel(&mut qemu)?;
        *power = Power::On(Box::new(Running {
            qemu,
            input,
            channel,
            since: start,
        }));
        Ok(())
    }

    /// The way to the agent: there as soon as QEMU has made its socket.
    fn channel(&self, qemu: &mut Qemu) -> Result<Channel, LabError> {
        let stream = wait::until(self.plan.limit, || match qemu.port(agent::PORT) {
            Ok(stream) => Ok(Some(stream)),
            Err(error) => match qemu.ended() {
                Ok(None) => Ok(None),
                _ => Err(self.broken(error)),
            },
        })?;
        let stream = stream.ok_or_else(|| self.timed_out("QEMU", self.plan.limit))?;
        Ok(Channel::new(stream).at("use the serial port of", self.name())?)
    }

    /// Makes the disk of the image again, as if the machine had never run. It has to be off.
    pub fn wipe(&self) -> Result<(), LabError> {
        if let Power::On(_) = *self.power() {
            return Err(self.broken(MachineError::Monitor("the machine is on".to_owned())));
        }
        self.make_disk()
    }

    fn make_disk(&self) -> Result<(), LabError> {
        let Plan {
            image,
            spec,
            disk_size,
            ..
        } = &self.plan;
        let made = match spec.kernel {
            Some(_) => make_blank(&spec.disk, *disk_size),
            None => make_disk(image, &spec.disk, *disk_size),
        };
        made.map_err(|source| self.broken(source))
    }

    /// Powers the machine off as its user would, and waits until it has ended well.
    pub fn power_off(&self) -> Result<(), LabError> {
        self.order("poweroff")?;
        self.wait_off()
    }

    /// Restarts the machine as its user would, and waits until it has booted.
    pub fn reboot(&self) -> Result<(), LabError> {
        let before = self.boot_id(self.plan.limit)?;
        self.console.begin_boot();
        self.order("reboot")?;
        let now = wait::until(self.plan.limit, || {
            let id = self.try_boot_id()?;
            Ok::<_, LabError>(id.filter(|id| *id != before))
        })?;
        now.map(drop)
            .ok_or_else(|| self.timed_out("another boot", self.plan.limit))
    }

    /// Cuts the power: all that the machine has not yet handed to its disk is lost.
    pub fn crash(&self) -> Result<(), LabError> {
        let mut power = self.power();
        let Power::On(running) = &mut *power else {
            return Err(self.off());
        };
        let killed = running.qemu.kill();
        *power = Power::Off;
        killed.map_err(|source| self.broken(source))
    }

    /// Presses the power button.
    pub fn press_power_button(&self) -> Result<(), LabError> {
        self.monitor("the power button", Monitor::power_button)
    }

    /// Waits until the machine has powered itself off.
    pub fn wait_off(&self) -> Result<(), LabError> {
        let mut power = self.power();
        let Power::On(running) = &mut *power else {
            return Ok(());
        };
        let ended = wait::until(self.plan.limit, || {
            running.qemu.ended().map_err(|source| self.broken(source))
        })?;
        let status = ended.ok_or_else(|| self.timed_out("its end", self.plan.limit))?;
        *power = Power::Off;
        if status.success() {
            return Ok(());
        }
        Err(self.ended(&status.to_string(), "its end"))
    }

    /// Whether the machine is on.
    pub fn is_on(&self) -> bool {
        match &mut *self.power() {
            Power::Off => false,
            Power::On(running) => matches!(running.qemu.ended(), Ok(None)),
        }
    }

    // --- network

    /// Pulls the plugs of all network cards.
    pub fn block_network(&self) -> Result<(), LabError> {
        self.links(false)
    }

    /// Puts the plugs of all network cards in again.
    pub fn unblock_network(&self) -> Result<(), LabError> {
        self.links(true)
    }

    fn links(&self, up: bool) -> Result<(), LabError> {
        let uplink = self.plan.spec.network.iter().map(|_| "network");
        let cards = self.plan.spec.cards.iter().map(|card| card.name.as_str());
        for card in uplink.chain(cards) {
            self.monitor("a network card", |monitor| monitor.link(card, up))?;
        }
        Ok(())
    }

    // --- console

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
        let matched = wait::until(self.plan.limit, || {
            let text = self.console.text().replace('\r', "");
            let found = regex.find(&text).map(|found| found.as_str().to_owned());
            match found {
                Some(found) => Ok(Some(found)),
                None => self.check_on(&what).map(|()| None),
            }
        })?;
        matched.ok_or_else(|| self.timed_out(&what, self.plan.limit))
    }

    /// Types a line on the console.
    pub fn type_line(&self, line: &str) -> Result<(), LabError> {
        self.running("the console", |running| {
            Ok(writeln!(running.input, "{line}").at("write to the console of", self.name())?)
        })
    }

    // --- commands

    /// Runs a shell script, for as long as the lab allows; what it has done.
    pub fn run(&self, script: &str) -> Result<Output, LabError> {
        self.run_with(script, b"")
    }

    /// Runs a shell script with this standard input.
    pub fn run_with(&self, script: &str, input: &[u8]) -> Result<Output, LabError> {
        self.ask(script, input, self.plan.limit)?
            .ok_or_else(|| self.timed_out(&format!("the answer to `{script}`"), self.plan.limit))
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
        let done = wait::until(self.plan.limit, || {
            last = self.run(script)?;
            Ok::<_, LabError>(last.success().then(|| last.text()))
        })?;
        done.ok_or_else(|| self.unexpected(script, &last))
    }

    /// Waits until the service `name` is ready.
    pub fn wait_ready(&self, name: &str) -> Result<(), LabError> {
        let limit = self.plan.limit.as_millis();
        let directory = format!("{}/{name}", distill::system::SCANDIR);
        let script = format!(
            "test -d '{directory}' || {{ echo 'there is no service {name}' >&2; exit 1; }}
            test -e '{directory}/notification-fd' ||
              {{ echo '{name} never says that it is ready' >&2; exit 1; }}
            until test -e '{directory}/supervise/status'; do sleep 0.1; done
            exec s6-svwait -U -t {limit} '{directory}'"
        );
        self.succeed(&script).map(drop)
    }

    /// Waits until all services are ready that ever say so; how long after the kernel's start the last
    /// of them was, in whole seconds.
    pub fn wait_all_ready(&self) -> Result<Duration, LabError> {
        let limit = self.plan.limit.as_millis();
        let script = format!(
            "cd {} || exit
            names=$(for file in */notification-fd; do echo ${{file%/*}}; done)
            for name in $names; do
              until test -e $name/supervise/status; do sleep 0.1; done
            done
            s6-svwait -U -t {limit} $names || exit
            last=$(for name in $names; do s6-svstat -o readyfor $name; done | sort -n | head -n 1)
            echo $(($(cut -d . -f 1 /proc/uptime) - last))",
            distill::system::SCANDIR
        );
        let seconds = self.succeed(&script)?;
        let seconds = seconds.parse().map_err(|_| LabError::Invalid {
            text: seconds.clone(),
            why: "not a number of seconds".to_owned(),
        })?;
        Ok(Duration::from_secs(seconds))
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
    fn order(&self, script: &str) -> Result<(), LabError> {
        self.running(script, |running| {
            let sent = running.channel.send(script, b"", self.plan.limit);
            Ok(sent.at("write to", self.name())?)
        })
    }

    /// Which boot it is.
    fn boot_id(&self, limit: Duration) -> Result<String, LabError> {
        let id = self.ask("cat /proc/sys/kernel/random/boot_id", b"", limit)?;
        id.map(|output| output.text())
            .ok_or_else(|| self.timed_out("the agent", limit))
    }

    /// Which boot it is, if somebody answers soon.
    fn try_boot_id(&self) -> Result<Option<String>, LabError> {
        match self.boot_id(PROBE) {
            Ok(id) => Ok(Some(id)),
            Err(LabError::TimedOut { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sends a script, and waits for its answer.
    fn ask(&self, script: &str, input: &[u8], limit: Duration) -> Result<Option<Output>, LabError> {
        self.running(script, |running| {
            let Running { qemu, channel, .. } = running;
            channel
                .send(script, input, limit)
                .at("write to", self.name())?;
            // The machine ends the script; this is for a machine that does not.
            let patience = limit + PROBE;
            let answer = channel.receive(patience, || match qemu.ended() {
                Ok(None) => Ok(()),
                Ok(Some(status)) => Err(Lost::Ended(status.to_string())),
                Err(error) => Err(Lost::Qemu(error)),
            });
            answer.map_err(|lost| match lost {
                Lost::Ended(status) => self.ended(&status, &format!("`{script}`")),
                Lost::Qemu(source) => self.broken(source),
                Lost::Io(source) => LabError::Io(IoError {
                    verb: "read from",
                    path: self.name().into(),
                    source,
                }),
            })
        })
    }

    // --- what all of these have in common

    fn power(&self) -> MutexGuard<'_, Power> {
        self.power.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the machine, which has to be on.
    fn running<T>(
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

    fn check_on(&self, what: &str) -> Result<(), LabError> {
        self.running(what, |_| Ok(()))
    }

    fn monitor(
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

    fn off(&self) -> LabError {
        let machine = self.name().to_owned();
        LabError::Off { machine }
    }

    fn broken(&self, source: MachineError) -> LabError {
        let machine = self.name().to_owned();
        LabError::Machine { machine, source }
    }

    fn timed_out(&self, what: &str, limit: Duration) -> LabError {
        LabError::TimedOut {
            machine: self.name().to_owned(),
            what: what.to_owned(),
            limit,
            console: self.console.log(),
        }
    }

    fn ended(&self, status: &str, what: &str) -> LabError {
        LabError::Ended {
            machine: self.name().to_owned(),
            status: status.to_owned(),
            what: what.to_owned(),
            console: self.console.log(),
        }
    }

    fn unexpected(&self, command: &str, output: &Output) -> LabError {
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

/// Why there is no answer.
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

impl Drop for Machine {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let text = format!("machine `{}`{}\n", self.name(), self.console.log());
            let _ = std::io::stderr().write_all(text.as_bytes());
        }
    }
}
