//! A machine under test: the program's own `run`, its console, and SSH.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use distill_testing::run_over_ssh;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::program::{Program, tool};

/// The longest that anything may take. Emulation on a busy machine is slow.
const LIMIT: Duration = Duration::from_secs(300);

/// How often to look whether something has happened.
const INTERVAL: Duration = Duration::from_millis(10);

/// A pair of SSH keys.
pub(crate) struct Key(PathBuf);

/// How to boot.
#[derive(Clone)]
pub(crate) struct Boot<'a> {
    /// Whose image.
    pub(crate) program: Program,
    /// The machine's disk; made of the image if it is not there.
    pub(crate) disk: PathBuf,
    /// Whose key the cloud tells.
    pub(crate) key: Option<&'a Key>,
    /// Further arguments of `run`.
    pub(crate) arguments: &'a [&'a str],
}

/// A machine that runs; its console is printed if the test fails.
pub(crate) struct Machine {
    child: Child,
    qemu: Pid,
    console: Arc<Mutex<String>>,
    port: u16,
    started: Instant,
}

impl Key {
    /// Makes a pair in `directory`.
    pub(crate) fn new(directory: &Path, name: &str) -> Key {
        let path = directory.join(name);
        let status = Command::new(tool("openssh", "usr/bin/ssh-keygen"))
            .args(["-q", "-t", "ed25519", "-N", "", "-f"])
            .arg(&path)
            .status()
            .expect("ssh-keygen runs");
        assert!(status.success());
        Key(path)
    }
}

impl Boot<'_> {
    /// A machine of `program` with a new disk in `directory`, and nothing beside.
    pub(crate) fn new(program: Program, directory: &Path) -> Boot<'static> {
        Boot {
            program,
            disk: directory.join("disk"),
            key: None,
            arguments: &[],
        }
    }

    /// Starts the machine, in the directory of its disk.
    pub(crate) fn start(&self) -> Machine {
        let port = free_port();
        let directory = self.disk.parent().expect("a disk in a directory");
        let mut command = self.program.command(directory);
        command
            .args(["run", "--quiet", "--port", &format!("{port}:22"), "--disk"])
            .arg(&self.disk)
            .args(self.arguments);
        if let Some(Key(path)) = self.key {
            command.arg("--ssh-key").arg(path.with_extension("pub"));
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let console = record(child.stdout.take().expect("a pipe"));
        let qemu = wait_until(|| {
            let ended = child.try_wait().expect("a child");
            assert_eq!(ended, None, "the machine was not started");
            qemu_of(child.id())
        });
        Machine {
            child,
            qemu: qemu.expect("the program starts QEMU"),
            console,
            port,
            started: Instant::now(),
        }
    }
}

impl Machine {
    /// How long QEMU has been running.
    pub(crate) fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// What the machine has said so far.
    pub(crate) fn console(&self) -> String {
        self.console.lock().expect("no panic").clone()
    }

    /// Types a line on the console.
    pub(crate) fn type_line(&mut self, line: &str) {
        let input = self.child.stdin.as_mut().expect("a pipe");
        writeln!(input, "{line}").expect("the machine reads");
    }

    /// Waits until the console has said `text` so many times.
    pub(crate) fn wait_console(&mut self, text: &str, times: usize) {
        self.wait(&format!("`{text}` on the console"), |machine| {
            machine.console().matches(text).count() >= times
        });
    }

    /// Waits until something that speaks SSH listens.
    pub(crate) fn wait_banner(&mut self) {
        self.wait("an SSH server", |machine| {
            let Ok(mut stream) = TcpStream::connect(("127.0.0.1", machine.port)) else {
                return false;
            };
            let mut banner = [0; 4];
            let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
            stream.read_exact(&mut banner).is_ok() && &banner == b"SSH-"
        });
    }

    /// Waits for the SSH server, which lets in who has `key` from its first moment.
    pub(crate) fn wait_ssh(&mut self, key: &Key) {
        self.wait_banner();
        self.check(key, "true");
    }

    /// Runs a command over SSH, but not for ever.
    pub(crate) fn ssh(&self, Key(key): &Key, command: &str) -> Output {
        let client = tool("openssh", "usr/bin/ssh");
        run_over_ssh(client, key, self.port, "root", command).expect("ssh runs")
    }

    /// Runs a command over SSH that must succeed; what it prints.
    #[track_caller]
    pub(crate) fn check(&self, key: &Key, command: &str) -> String {
        let output = self.ssh(key, command);
        let errors = String::from_utf8_lossy(&output.stderr);
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "`{command}` failed: {printed}{errors}"
        );
        printed.trim_end().to_owned()
    }

    /// Presses the power button, through QEMU's monitor in the machine's directory.
    pub(crate) fn press_power_button(&self) {
        let socket = format!("/proc/{}/cwd/monitor.sock", self.qemu);
        let mut monitor = UnixStream::connect(socket).expect("QEMU takes orders");
        for order in ["qmp_capabilities", "system_powerdown"] {
            writeln!(monitor, "{{\"execute\":\"{order}\"}}").expect("QEMU listens");
        }
        // QEMU answers to each order.
        let mut said = String::new();
        let mut buffer = [0; 1024];
        while said.matches("\"return\"").count() < 2 {
            let count = monitor.read(&mut buffer).expect("QEMU answers");
            assert_ne!(count, 0, "QEMU has ended: {said}");
            said.push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
    }

    /// Waits until the program has ended, and QEMU with it.
    pub(crate) fn wait_end(&mut self) -> ExitStatus {
        let child = &mut self.child;
        let status = wait_until(|| child.try_wait().expect("a child")).expect("the machine ends");
        assert!(!self.is_on(), "QEMU outlives the program");
        status
    }

    /// Powers off by a command, and waits until the machine has ended well.
    pub(crate) fn power_off(&mut self, key: &Key) {
        // The connection may or may not survive the command.
        let _ = self.ssh(key, "poweroff");
        let status = self.wait_end();
        assert!(status.success(), "the machine ended with {status}");
    }

    /// Kills QEMU: all that the machine has not yet handed to its disk is lost.
    pub(crate) fn cut_power(&mut self) {
        kill(self.qemu, Signal::SIGKILL).expect("QEMU runs");
        self.wait_end();
    }

    /// Kills the program, which can then do nothing about QEMU.
    pub(crate) fn kill_program(&mut self) {
        self.child.kill().expect("a child");
        self.child.wait().expect("a child");
    }

    /// Whether QEMU still runs.
    pub(crate) fn is_on(&self) -> bool {
        kill(self.qemu, None).is_ok()
    }

    /// Asks the shell on the console, if there is one, for the benefit of who reads it.
    fn ask_what_runs(&mut self) {
        if let (true, Some(input)) = (self.is_on(), &mut self.child.stdin) {
            let _ = writeln!(input, "\ncat /proc/uptime; ps -o pid,ppid,stat,args");
            std::thread::sleep(Duration::from_secs(5));
        }
    }

    /// Waits until something has happened.
    pub(crate) fn wait(&mut self, what: &str, done: impl Fn(&Machine) -> bool) {
        let happened = wait_until(|| {
            if done(self) {
                return Some(());
            }
            if let Some(status) = self.child.try_wait().expect("a child") {
                panic!("the machine ended with {status} while the test waited for {what}");
            }
            None
        });
        assert!(happened.is_some(), "waited in vain for {what}");
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.ask_what_runs();
            crate::say(&format!("--- console\n{}\n---", self.console()));
        }
        if matches!(self.child.try_wait(), Ok(None)) {
            // QEMU goes with it.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Tries until there is something, but not for ever.
pub(crate) fn wait_until<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    while start.elapsed() < LIMIT {
        if let found @ Some(_) = look() {
            return found;
        }
        std::thread::sleep(INTERVAL);
    }
    None
}

/// Keeps what comes out of a pipe.
fn record(mut output: impl std::io::Read + Send + 'static) -> Arc<Mutex<String>> {
    let console = Arc::<Mutex<String>>::default();
    let text = Arc::clone(&console);
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = output.read(&mut buffer) {
            let part = String::from_utf8_lossy(&buffer[..count]);
            text.lock().expect("no panic").push_str(&part);
        }
    });
    console
}

/// The QEMU whose parent this is. While an image is built, there are other children.
fn qemu_of(parent: u32) -> Option<Pid> {
    let processes = std::fs::read_dir("/proc").expect("/proc");
    processes.flatten().find_map(|entry| {
        let id: i32 = entry.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        // The name, which may hold anything, is in parentheses.
        let (_, rest) = stat.rsplit_once(") ")?;
        let its: u32 = rest.split(' ').nth(1)?.parse().ok()?;
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        let found = its == parent && line.starts_with(b"qemu-system-");
        found.then_some(Pid::from_raw(id))
    })
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}
