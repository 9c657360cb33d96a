//! A machine that is none: a sandbox on the programs of the machine that runs the tests, with files
//! where the kernel's would be.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};
use distill::engine::sandbox::{
    Io, Limits, Method, Spec, Stack, Status, Writable, discard, probe, spawn,
};
use serde_json::Value;
use tempfile::TempDir;

use super::{SCRIPTS, SHARED, links, scripts, skipped};

/// Where a script finds what it calls: our programs before those of the host.
const PATH: &str = "/probe:/usr/bin:/bin";

/// What makes a root of the host's programs. Some are links into the first.
const PROGRAMS: [&str; 5] = ["usr", "bin", "sbin", "lib", "lib64"];

/// Writes down what it is called with, and does nothing.
const RECORD: &str = "#!/bin/sh\necho \"${0##*/} $*\" >>/out/calls\n";

/// A machine with two network cards, in a cloud that does not answer.
pub(super) struct Machine {
    directory: TempDir,
}

impl Machine {
    /// Nothing if this machine cannot imitate another one; then it has been said why.
    pub(super) fn new() -> Option<Machine> {
        if let Err(why) = usable() {
            skipped(why);
            return None;
        }
        Some(Machine::bare())
    }

    fn bare() -> Machine {
        let machine = Machine {
            directory: TempDir::new().unwrap(),
        };
        for name in PROGRAMS {
            let host = Path::new("/").join(name);
            if let Ok(target) = fs::read_link(&host) {
                fs::create_dir_all(machine.path("root")).unwrap();
                symlink(target, machine.path("root").join(name)).unwrap();
            }
        }
        for directory in ["run/cloud", "run/droplet", "run/ssh/authorized_keys", "out"] {
            fs::create_dir_all(machine.place(directory)).unwrap();
        }
        machine.files();
        machine.programs();
        machine
    }

    fn files(&self) {
        for (path, text) in scripts() {
            self.write(path, text);
            fs::set_permissions(self.place(path), fs::Permissions::from_mode(0o755)).unwrap();
        }
        for (path, target) in links() {
            let path = self.place(&path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            symlink(target, path).unwrap();
        }
        for (name, address) in [
            ("lo", "00:00:00:00:00:00"),
            ("eth0", "04:01:2a:0f:2a:01"),
            ("eth1", "04:01:2a:0f:2a:02"),
        ] {
            self.write(
                &format!("sys/class/net/{name}/address"),
                &format!("{address}\n"),
            );
            self.write(&format!("sys/class/net/{name}/carrier"), "1\n");
        }
        // Relative to /dev, which is the sandbox's own.
        self.write("sys/class/tty/console/active", "../out/tty0 ../out/ttyS0\n");
        self.write("etc/hostname", "localhost\n");
    }

    fn programs(&self) {
        for program in ["ip", "hostname", "arping", "sleep", "s6-svc"] {
            self.program(program, "");
        }
        self.program("s6-setuidgid", "shift\nexec \"$@\"\n");
        self.program("timeout", "shift\nexec \"$@\"\n");
        self.program("wget", "exec cat /answer\n");
    }

    /// The same program, which also does this.
    pub(super) fn program(&self, name: &str, does: &str) {
        let path = format!("probe/{name}");
        self.write(&path, &format!("{RECORD}{does}"));
        fs::set_permissions(self.place(&path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn path(&self, path: &str) -> Utf8PathBuf {
        let directory = Utf8Path::from_path(self.directory.path()).unwrap();
        directory.join(path)
    }

    /// Where a file of the machine lies outside of it.
    fn place(&self, path: &str) -> Utf8PathBuf {
        let apart = ["out", "run", "usr"];
        if apart.iter().any(|name| path.starts_with(name)) {
            self.path(path)
        } else {
            self.path("root").join(path)
        }
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.place(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(super) fn remove(&self, directory: &str) {
        fs::remove_dir_all(self.place(directory)).unwrap();
    }

    /// The same, with a cloud that answers.
    pub(super) fn with_answer(&self, answer: &str) -> &Machine {
        self.write("answer", answer);
        self
    }

    /// The same, with an answer that was fetched, and what every cloud's scripts take from it.
    pub(super) fn with_metadata(&self, metadata: &Value) -> &Machine {
        self.with_page(&metadata.to_string())
    }

    /// The same, with an answer that was fetched, whatever it is.
    pub(super) fn with_page(&self, page: &str) -> &Machine {
        self.write("run/droplet/metadata.json", page);
        let take = format!("sh /{SHARED}/fetch digitalocean-page </run/droplet/metadata.json");
        let (status, _) = self.shell(&["-c", &format!("{take} 2>/dev/null >/run/cloud/answer")]);
        assert!(matches!(status, Status::Code(_)), "{status:?}");
        self
    }

    /// Runs a service's script, which has to succeed; what it says.
    #[track_caller]
    pub(super) fn run(&self, script: &str) -> String {
        self.run_all(&[script])
    }

    /// Runs scripts one after the other.
    #[track_caller]
    pub(super) fn run_all(&self, scripts: &[&str]) -> String {
        let lines: Vec<String> = scripts
            .iter()
            .map(|script| {
                let place = match script.split(' ').next() {
                    Some("pubkeys" | "hostname" | "later") => SHARED,
                    _ => SCRIPTS,
                };
                format!("sh /{place}/{script}")
            })
            .collect();
        let (status, said) = self.shell(&["-ec", &lines.join("\n")]);
        assert_eq!(status, Status::Code(0), "{scripts:?}: {said}");
        said
    }

    fn shell(&self, args: &[&str]) -> (Status, String) {
        let spec = self.spec(args);
        let (mut reader, writer) = std::io::pipe().unwrap();
        let running = spawn(&spec, Io::logged(writer.into()).unwrap()).unwrap();
        let mut said = String::new();
        reader.read_to_string(&mut said).unwrap();
        (running.wait().status, said)
    }

    fn spec(&self, args: &[&str]) -> Spec {
        let mut root = vec![self.stack("/", "root", Vec::new())];
        for name in PROGRAMS {
            let host = Utf8PathBuf::from(format!("/{name}"));
            if host.is_dir() && !host.is_symlink() {
                root.push(self.stack(host.as_str(), name, vec![host.clone()]));
            }
        }
        Spec {
            root,
            method: Method::Overlay,
            writable: vec![self.writable("out"), self.writable("run")],
            program: "/bin/sh".into(),
            args: args.iter().map(ToString::to_string).collect(),
            env: vec![("PATH".to_owned(), PATH.to_owned())],
            cwd: "/".into(),
            hostname: "localhost".to_owned(),
            jobserver: None,
            limits: Limits::default(),
        }
    }

    fn writable(&self, name: &str) -> Writable {
        Writable {
            at: format!("/{name}").into(),
            directory: self.place(name),
        }
    }

    fn stack(&self, at: &str, top: &str, layers: Vec<Utf8PathBuf>) -> Stack {
        let top = self.path(top);
        fs::create_dir_all(&top).unwrap();
        Stack {
            at: at.into(),
            layers,
            top,
        }
    }

    /// What programs were called with, one call a line.
    pub(super) fn calls(&self) -> String {
        self.text("out/calls")
    }

    /// What a file holds; nothing if there is none.
    pub(super) fn text(&self, path: &str) -> String {
        fs::read_to_string(self.place(path)).unwrap_or_default()
    }

    pub(super) fn exists(&self, path: &str) -> bool {
        self.place(path).exists()
    }

    pub(super) fn mode(&self, path: &str) -> u32 {
        let permissions = fs::metadata(self.place(path)).unwrap().permissions();
        permissions.mode() & 0o7777
    }
}

impl Drop for Machine {
    /// What a script leaves must be made accessible first.
    fn drop(&mut self) {
        discard(&self.path("")).unwrap();
    }
}

/// Whether this machine can imitate another one.
fn usable() -> Result<(), &'static str> {
    static ANSWER: OnceLock<Result<(), String>> = OnceLock::new();
    let answer = ANSWER.get_or_init(|| {
        let scratch = TempDir::new().unwrap();
        let found = probe(Utf8Path::from_path(scratch.path()).unwrap()).unwrap();
        found.method(1).map_err(|lack| lack.to_string())?;
        found.overlay.map_err(|lack| lack.to_string())?;
        if !Path::new("/usr/bin/jq").exists() {
            return Err("there is no jq".to_owned());
        }
        // A shell that has programs in itself may run these instead of ours.
        let (_, said) = Machine::bare().shell(&["-c", "hostname; ip; cat /out/calls"]);
        if said != "hostname \nip \n" {
            return Err("/bin/sh does not look for programs in PATH alone".to_owned());
        }
        Ok(())
    });
    match answer {
        Ok(()) => Ok(()),
        Err(why) => Err(why),
    }
}
