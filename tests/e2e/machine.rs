//! A machine under test: the program's own `run`, its console, and SSH.

use std::io::Read as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The longest that anything may take. Emulation on a busy machine is slow.
const LIMIT: Duration = Duration::from_secs(300);

/// A pair of SSH keys.
pub(crate) struct Key(PathBuf);

/// How to boot.
pub(crate) struct Boot<'a> {
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
    console: Arc<Mutex<String>>,
    port: u16,
}

impl Key {
    /// Makes a pair in `directory`.
    pub(crate) fn new(directory: &Path, name: &str) -> Key {
        let path = directory.join(name);
        let status = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-f"])
            .arg(&path)
            .status()
            .expect("the test needs ssh-keygen and ssh (openssh-client)");
        assert!(status.success());
        Key(path)
    }
}

impl Machine {
    /// Starts the image that was built in `directory`.
    pub(crate) fn start(program: &Path, directory: &Path, boot: &Boot<'_>) -> Machine {
        let port = free_port();
        let mut command = Command::new(program);
        command
            .args(["run", "--quiet", "--port", &format!("{port}:22"), "--disk"])
            .arg(&boot.disk)
            .args(boot.arguments)
            .current_dir(directory);
        if let Some(Key(path)) = boot.key {
            command.arg("--ssh-key").arg(path.with_extension("pub"));
        }
        let child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let mut machine = Machine {
            child,
            console: Arc::default(),
            port,
        };
        let mut output = machine.child.stdout.take().expect("a pipe");
        let console = Arc::clone(&machine.console);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..count]);
                console.lock().expect("no panic").push_str(&text);
            }
        });
        machine
    }

    /// Waits until the console has said `text` so many times.
    pub(crate) fn wait_console(&mut self, text: &str, times: usize) {
        self.wait(&format!("`{text}` on the console"), |machine| {
            machine
                .console
                .lock()
                .expect("no panic")
                .matches(text)
                .count()
                >= times
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

    /// Waits until who has `key` is let in.
    pub(crate) fn wait_ssh(&mut self, key: &Key) {
        self.wait_banner();
        self.wait("a login", |machine| {
            machine.ssh(key, "true").status.success()
        });
    }

    /// Runs a command over SSH.
    pub(crate) fn ssh(&self, Key(key): &Key, command: &str) -> Output {
        Command::new("ssh")
            .args([
                "-F",
                "/dev/null",
                "-o",
                "BatchMode=yes",
                "-o",
                "ConnectTimeout=10",
            ])
            .args([
                "-o",
                "UserKnownHostsFile=/dev/null",
                "-o",
                "StrictHostKeyChecking=no",
            ])
            .args([
                "-o",
                "IdentitiesOnly=yes",
                "-o",
                "ServerAliveInterval=5",
                "-o",
                "LogLevel=ERROR",
            ])
            .args(["-p", &self.port.to_string(), "-i"])
            .arg(key)
            .args(["root@127.0.0.1", command])
            .stdin(Stdio::null())
            .output()
            .expect("the test needs ssh (openssh-client)")
    }

    /// Runs a command over SSH that must succeed.
    pub(crate) fn check(&self, key: &Key, command: &str) {
        let output = self.ssh(key, command);
        let text = [output.stdout, output.stderr].concat();
        assert!(
            output.status.success(),
            "`{command}` failed: {}",
            String::from_utf8_lossy(&text)
        );
    }

    /// Waits until the machine has powered itself off.
    pub(crate) fn wait_end(&mut self) {
        let start = Instant::now();
        while start.elapsed() < LIMIT {
            if let Some(status) = self.child.try_wait().expect("a child") {
                assert!(status.success(), "the machine ended with {status}");
                return;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        panic!("the machine did not power itself off");
    }

    /// Ends everything at once. The program's own child dies with the pipe of its console.
    pub(crate) fn cut_power(&mut self) {
        let _ = Command::new("kill")
            .arg("-INT")
            .arg(self.child.id().to_string())
            .status();
        let _ = self.child.wait();
    }

    fn wait(&mut self, what: &str, done: impl Fn(&Machine) -> bool) {
        let start = Instant::now();
        while start.elapsed() < LIMIT {
            if done(self) {
                return;
            }
            if let Some(status) = self.child.try_wait().expect("a child") {
                panic!("the machine ended with {status} while the test waited for {what}");
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        panic!("waited in vain for {what}");
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let console = self
                .console
                .lock()
                .map(|text| text.clone())
                .unwrap_or_default();
            #[allow(
                clippy::print_stderr,
                reason = "a failed test shows what the machine said"
            )]
            {
                eprintln!("--- console\n{console}\n---");
            }
        }
        if matches!(self.child.try_wait(), Ok(None)) {
            self.cut_power();
        }
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}
