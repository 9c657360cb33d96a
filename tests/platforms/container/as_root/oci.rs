//! By an OCI runtime, without anything that would take care of it.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use distill_testing::{Lab, LabError};

use super::super::{Inside, end, form, unpack};
use super::is_root;
use crate::{has, succeed};

/// What a runtime needs to be told beside the root file system: what podman gives by default, without a
/// network and limits. The runtime itself comes from the host.
const CONFIG: &str = r#"{
  "ociVersion": "1.0.0",
  "process": {
    "user": { "uid": 0, "gid": 0 }, "cwd": "/", "args": ["/init"], "env": [],
    "capabilities": { "bounding": [CAPS], "effective": [CAPS], "permitted": [CAPS] }
  },
  "root": { "path": "rootfs" },
  "mounts": [
    { "destination": "/proc", "type": "proc", "source": "proc" },
    { "destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"] },
    { "destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": ["nosuid", "nodev", "mode=1777"] }
  ],
  "linux": { "namespaces": [
    { "type": "pid" }, { "type": "ipc" }, { "type": "uts" }, { "type": "mount" }, { "type": "network" }
  ] }
}"#;

const CAPABILITIES: &str = r#""CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_SETGID", "CAP_SETUID""#;

struct Container<'a> {
    runtime: &'a str,
    name: String,
    bundle: &'a Path,
}

impl Container<'_> {
    /// A call of the runtime; it keeps what it knows beside the bundle. crun knows the second kind of
    /// control groups only, and so sees no other.
    fn command(&self, words: &[&str]) -> Command {
        let script = match self.runtime {
            "crun" => {
                "umount -l /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup \
                 && exec crun --cgroup-manager=disabled \"$@\""
            }
            _ => "exec runc \"$@\"",
        };
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "sh", "-c", script, "sh", "--root"])
            .arg(self.bundle.join("state"))
            .args(words)
            .current_dir(self.bundle);
        command
    }

    fn start(&self) -> Child {
        self.command(&["run", &self.name])
            .stdin(Stdio::null())
            .spawn()
            .expect("the runtime runs")
    }

    fn inside(&self) -> Inside<impl Fn(&str) -> Command> {
        Inside(|script: &str| self.command(&["exec", &self.name, "/bin/sh", "-c", script]))
    }
}

/// Unpacks the archive, and tells a runtime about it.
fn make_bundle(archive: &Path, bundle: &Path) {
    unpack(archive, &bundle.join("rootfs"));
    let config = CONFIG.replace("CAPS", CAPABILITIES);
    std::fs::write(bundle.join("config.json"), config).expect("a file");
}

fn starts_and_stops(runtime: &str) -> Result<(), LabError> {
    if !is_root() || !has(&[runtime]) {
        return Ok(());
    }
    let lab = Lab::new()?;
    let bundle = lab.directory().join(runtime);
    make_bundle(form(&lab, "rootfs")?.as_std_path(), bundle.as_std_path());
    let container = Container {
        runtime,
        name: format!("distill-{runtime}-{}", std::process::id()),
        bundle: bundle.as_std_path(),
    };
    // The second time finds what the first has left.
    for round in 1..=2 {
        let mut child = container.start();
        container.inside().assert_works();
        match round {
            1 => drop(succeed(&mut container.command(&[
                "kill",
                &container.name,
                "TERM",
            ]))),
            _ => drop(container.inside().run("poweroff")),
        }
        assert_eq!(end(&mut child), Some(0), "round {round}");
        let stopped = std::fs::read_to_string(bundle.join("rootfs/var/lib/stopped"));
        assert_eq!(stopped.expect("a file"), "stopped\n".repeat(round));
    }
    Ok(())
}

#[test]
#[ignore = "builds an image and runs a container"]
fn runc_starts_it_and_stops_it_in_order() -> Result<(), LabError> {
    starts_and_stops("runc")
}

#[test]
#[ignore = "builds an image and runs a container"]
fn crun_starts_it_and_stops_it_in_order() -> Result<(), LabError> {
    starts_and_stops("crun")
}
