//! A machine that runs: QEMU as a child process, and who answers its questions.

use std::io;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::clouds;
use super::command::{UEFI_FIRST_VARIABLES, UEFI_VARIABLES, command_line};
use super::disk::copy_writable;
use super::error::MachineError;
use super::http;
use super::metadata::Metadata;
use super::monitor::Monitor;
use super::socket::{METADATA_SOCKET, MONITOR_SOCKET, connect, listen, port_socket};
use super::spec::{Firmware, MachineSpec};
use crate::engine::sandbox::follow_parent;
use crate::store::io::{At as _, remove_if_there};

/// How often to look whether the machine has ended.
const INTERVAL: Duration = Duration::from_millis(20);

/// How long QEMU may take to end when it is asked to, before it is killed.
const GRACE: Duration = Duration::from_secs(5);

/// What QEMU's standard streams are.
#[derive(Debug)]
pub struct Streams {
    /// Standard input.
    pub input: Stdio,
    /// Standard output.
    pub output: Stdio,
    /// Standard error: what QEMU itself has to say.
    pub error: Stdio,
}

/// A machine that runs. It ends, as if the power was cut, when this is dropped, and also when this
/// process is killed.
#[derive(Debug)]
pub struct Machine {
    child: Child,
    directory: Utf8PathBuf,
    _keeper: Keeper,
}

/// As long as this is there, so is the thread that started QEMU.
type Keeper = SyncSender<()>;

/// How a machine ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By itself: it was powered off, or its user has ended QEMU, or QEMU failed.
    Exited(ExitStatus),
    /// Its time was over.
    TimedOut,
    /// It was wished for.
    Stopped,
}

impl Streams {
    /// Those of this process.
    pub fn inherited() -> Streams {
        Streams {
            input: Stdio::inherit(),
            output: Stdio::inherit(),
            error: Stdio::inherit(),
        }
    }
}

impl Machine {
    /// Starts a machine whose files are in `directory`. Nobody else may use the directory as long
    /// as it runs. If its network has a metadata service, that says `metadata`.
    pub fn start(
        spec: &MachineSpec,
        directory: &Utf8Path,
        metadata: Option<Metadata>,
        streams: Streams,
    ) -> Result<Machine, MachineError> {
        prepare(spec, directory)?;
        if let Some(metadata) = metadata {
            answer(listen(directory, METADATA_SOCKET)?, metadata);
        }
        let line = command_line(spec);
        let mut command = Command::new(&line[0]);
        command
            .args(&line[1..])
            .arg0("qemu-system-x86_64")
            .current_dir(directory)
            .env_clear()
            .stdin(streams.input)
            .stdout(streams.output)
            .stderr(streams.error);
        let (child, keeper) = spawn(command).map_err(|source| MachineError::Start {
            program: line[0].clone(),
            source,
        })?;
        Ok(Machine {
            child,
            directory: directory.to_owned(),
            _keeper: keeper,
        })
    }

    /// What QEMU reads, if that is a pipe; only once.
    pub fn take_input(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// What QEMU writes, if that is a pipe; only once.
    pub fn take_output(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// What takes orders.
    pub fn monitor(&self) -> Result<Monitor, MachineError> {
        Monitor::new(connect(&self.directory, MONITOR_SOCKET)?)
    }

    /// The other end of the serial port `name`, which is one of the machine's
    /// [`ports`](MachineSpec::ports). What is written before the machine reads waits for it.
    pub fn port(&self, name: &str) -> Result<UnixStream, MachineError> {
        Ok(connect(&self.directory, &port_socket(name))?)
    }

    /// Waits until the machine has ended, and ends it when its time is over or `stop` says so.
    pub fn wait(
        &mut self,
        timeout: Option<Duration>,
        stop: &dyn Fn() -> bool,
    ) -> Result<End, MachineError> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.ended()? {
                return Ok(End::Exited(status));
            }
            let end = if timeout.is_some_and(|timeout| start.elapsed() >= timeout) {
                End::TimedOut
            } else if stop() {
                End::Stopped
            } else {
                std::thread::sleep(INTERVAL);
                continue;
            };
            self.end()?;
            return Ok(end);
        }
    }

    /// Ends QEMU with leave to clean up after itself: it gives the terminal back as it was.
    pub fn end(&mut self) -> Result<(), MachineError> {
        self.signal(Signal::SIGTERM);
        let start = Instant::now();
        while self.ended()?.is_none() {
            if start.elapsed() >= GRACE {
                return self.kill();
            }
            std::thread::sleep(INTERVAL);
        }
        Ok(())
    }

    /// Ends QEMU at once: the power is cut.
    pub fn kill(&mut self) -> Result<(), MachineError> {
        self.signal(Signal::SIGKILL);
        self.child.wait().at("wait for", "QEMU")?;
        Ok(())
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>, MachineError> {
        Ok(self.child.try_wait().at("wait for", "QEMU")?)
    }

    /// Signals a child that was not waited for, so that the number is still its own.
    fn signal(&mut self, signal: Signal) {
        if let (Ok(None), Ok(pid)) = (self.child.try_wait(), i32::try_from(self.child.id())) {
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.kill();
        // If QEMU never came to ask for metadata, somebody still waits for it.
        let _ = connect(&self.directory, METADATA_SOCKET);
    }
}

/// Starts QEMU so that it does not outlive this process, also if that is killed: the kernel ends it
/// with the thread that started it, hence a thread that does nothing else. It is ended by a signal
/// that lets it give the terminal back as it was.
fn spawn(mut command: Command) -> io::Result<(Child, Keeper)> {
    follow_parent(&mut command, Signal::SIGTERM);
    let (started, result) = sync_channel(1);
    let (keeper, kept) = sync_channel(0);
    std::thread::Builder::new()
        .name("keeper".to_owned())
        .spawn(move || {
            let _ = started.send(command.spawn());
            // It ends when the other side is gone; nothing is ever sent.
            let _ = kept.recv();
        })?;
    let child = result.recv().map_err(io::Error::other)??;
    Ok((child, keeper))
}

/// What has to be in the directory, and what an earlier machine left there.
fn prepare(spec: &MachineSpec, directory: &Utf8Path) -> Result<(), MachineError> {
    let ports = spec.ports.iter().map(|name| port_socket(name));
    let sockets = [METADATA_SOCKET, MONITOR_SOCKET].map(str::to_owned);
    for socket in sockets.into_iter().chain(ports) {
        remove_if_there(&directory.join(socket))?;
    }
    let variables = directory.join(UEFI_VARIABLES);
    if spec.hardware.firmware == Firmware::Uefi && !variables.exists() {
        copy_writable(&spec.qemu.join(UEFI_FIRST_VARIABLES), &variables)?;
    }
    Ok(())
}

/// Answers QEMU's questions for metadata, in a thread that ends with QEMU.
fn answer(listener: UnixListener, metadata: Metadata) {
    std::thread::spawn(move || {
        if let Ok((stream, _)) = listener.accept() {
            // It ends when QEMU does; there is nobody to tell.
            let _ = http::serve(stream, |request| clouds::answer(&metadata, request));
        }
    });
}
