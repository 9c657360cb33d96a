//! A directory that stands for a machine's root.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::{root, text};

/// What a script may find at these places lies in the machine's directory instead.
const PLACES: [&str; 5] = ["/run/", "/sys/", "/dev/", "/etc/", super::super::SCRIPTS];
/// Writes down what it is called with, and does nothing.
const RECORD: &str = "#!/bin/sh\necho \"${0##*/} $*\" >>\"$MACHINE/calls\"\n";
const DIRECTORIES: [&str; 7] = [
    "bin",
    "dev",
    "etc",
    "run/droplet",
    "run/ssh/authorized_keys",
    "sys/class/net/lo",
    "sys/class/tty/console",
];

/// A machine, and the shell that runs its scripts.
pub(super) struct Machine {
    dir: TempDir,
    shell: Vec<PathBuf>,
}

/// A fresh machine for each shell that is here: that of the image is busybox's. None, and a word
/// about it, without jq.
pub(super) fn machines() -> Vec<Machine> {
    if found("jq").is_none() {
        skip("skipped: there is no jq");
        return Vec::new();
    }
    let mut shells = vec![vec![PathBuf::from("/bin/sh")]];
    shells.extend(found("busybox").map(|busybox| vec![busybox, PathBuf::from("sh")]));
    shells.into_iter().map(Machine::new).collect()
}

#[allow(clippy::print_stderr, reason = "a test that does not run says so")]
fn skip(why: &str) {
    eprintln!("{why}");
}

fn found(program: &str) -> Option<PathBuf> {
    let dirs = ["/usr/local/bin", "/usr/bin", "/bin"];
    dirs.into_iter()
        .map(|dir| Path::new(dir).join(program))
        .find(|path| path.exists())
}

impl Machine {
    fn new(shell: Vec<PathBuf>) -> Machine {
        let machine = Machine {
            dir: TempDir::new().unwrap(),
            shell,
        };
        for dir in DIRECTORIES {
            fs::create_dir_all(machine.path(dir)).unwrap();
        }
        for (name, mac) in [("eth0", "04:01:2a:0f:2a:01"), ("eth1", "04:01:2a:0f:2a:02")] {
            fs::create_dir_all(machine.path(&format!("sys/class/net/{name}"))).unwrap();
            machine.write(
                &format!("sys/class/net/{name}/address"),
                &format!("{mac}\n"),
            );
        }
        machine.write("sys/class/net/lo/address", "00:00:00:00:00:00\n");
        machine.write("sys/class/tty/console/active", "tty0 ttyS0\n");
        machine.write("etc/hostname", "localhost\n");
        machine.write("calls", "");
        machine.programs();
        machine.scripts();
        machine
    }

    fn programs(&self) {
        for program in ["ip", "hostname", "sleep"] {
            self.program(program, RECORD);
        }
        self.program("s6-setuidgid", &format!("{RECORD}shift\nexec \"$@\"\n"));
        self.program("timeout", "#!/bin/sh\nshift\nexec \"$@\"\n");
        self.program("wget", "#!/bin/sh\nexec cat \"$MACHINE/answer\"\n");
    }

    fn program(&self, name: &str, text: &str) {
        let path = format!("bin/{name}");
        self.write(&path, text);
        fs::set_permissions(self.path(&path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// The image's own scripts, with other places in them.
    fn scripts(&self) {
        let root = root();
        let base = &super::super::SCRIPTS[1..];
        for path in root.files.0.keys().map(|path| path.as_str()) {
            let Some(name) = path.strip_prefix(base) else {
                continue;
            };
            let text = PLACES.iter().fold(text(&root, path), |text, place| {
                let there = self.path(place.trim_start_matches('/'));
                let slash = if place.ends_with('/') { "/" } else { "" };
                let there = format!(
                    "{}{slash}",
                    there.display().to_string().trim_end_matches('/')
                );
                // A place begins a word.
                text.replace(&format!(" {place}"), &format!(" {there}"))
                    .replace(&format!("={place}"), &format!("={there}"))
                    .replace(&format!("\"{place}"), &format!("\"{there}"))
            });
            let to = format!("{base}{name}");
            fs::create_dir_all(self.path(&to).parent().unwrap()).unwrap();
            self.write(&to, &text);
        }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        fs::write(self.path(path), text).unwrap();
    }

    pub(super) fn remove(&self, dir: &str) {
        fs::remove_dir_all(self.path(dir)).unwrap();
    }

    /// The same, with a cloud that answers.
    pub(super) fn with_answer(&self, answer: &Value) -> &Machine {
        self.write("answer", &answer.to_string());
        self
    }

    /// The same, with an answer that was fetched.
    pub(super) fn with_metadata(&self, metadata: &Value) -> &Machine {
        self.write("run/droplet/metadata.json", &metadata.to_string());
        self
    }

    /// Runs a service's script, which has to succeed; what it says.
    pub(super) fn run(&self, script: &str) -> String {
        let path = format!(
            "{}:/usr/local/bin:/usr/bin:/bin",
            self.path("bin").display()
        );
        let output = Command::new(&self.shell[0])
            .args(&self.shell[1..])
            .arg(self.path(&format!("{}/{script}", &super::super::SCRIPTS[1..])))
            .env_clear()
            .env("PATH", path)
            .env("MACHINE", self.dir.path())
            .current_dir(self.dir.path())
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(output.status.success(), "{:?} {script}: {said}", self.shell);
        said
    }

    /// What programs were called with, one call a line.
    pub(super) fn calls(&self) -> String {
        self.text("calls")
            .replace(&self.dir.path().display().to_string(), "")
    }

    /// What a file holds; nothing if there is none.
    pub(super) fn text(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_default()
    }

    pub(super) fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path)).unwrap()
    }

    pub(super) fn exists(&self, path: &str) -> bool {
        self.path(path).exists()
    }

    pub(super) fn mode(&self, path: &str) -> u32 {
        fs::metadata(self.path(path)).unwrap().permissions().mode() & 0o7777
    }
}
