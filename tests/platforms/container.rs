//! Containers, run by an OCI runtime of the host.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use distill::cli::Target;
use distill::execline;
use distill::system::{Service, System, User};
use distill_platforms::container_rootfs;
use distill_services::var_log;
use distill_testing::{Lab, LabError};

use crate::say;

/// The longest that anything may take.
const LIMIT: Duration = Duration::from_secs(60);

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

const CAPABILITIES: &str = r#""CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID""#;

/// The runtimes that the host has.
fn runtimes() -> Vec<&'static str> {
    let works = |runtime: &&str| {
        let output = Command::new(runtime).arg("--version").output();
        output.is_ok_and(|output| output.status.success())
    };
    ["runc", "crun"].into_iter().filter(works).collect()
}

/// A daemon with a user of its own that tells when it is stopped.
fn system() -> System {
    let daemon = Service::longrun(
        "sleeper",
        execline! {
            fdmove -c 2 1
            foreground { echo started }
            sleep inf
        },
    )
    .finish(execline! { redirfd -a 1 "/var/lib/stopped" echo stopped })
    .user(User::system("sleeper"))
    .run_as("sleeper")
    .after("var-mount")
    .ready_when_started();
    System::new().service(daemon).loggers(var_log())
}

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

    fn exec(&self, script: &str) -> Output {
        let mut command = self.command(&["exec", &self.name, "/bin/sh", "-c", script]);
        command.output().expect("the runtime runs")
    }

    /// Tries until the script succeeds in the container.
    fn wait(&self, script: &str) -> String {
        let start = Instant::now();
        loop {
            let output = self.exec(script);
            if output.status.success() {
                return String::from_utf8_lossy(&output.stdout)
                    .trim_end()
                    .to_owned();
            }
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(
                start.elapsed() < LIMIT,
                "{}: `{script}`: {said}",
                self.runtime
            );
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn signal(&self, signal: &str) {
        let status = self.command(&["kill", &self.name, signal]).status();
        assert!(status.expect("the runtime runs").success());
    }
}

/// Waits for the end of a container; its status.
fn end(child: &mut Child) -> Option<i32> {
    let start = Instant::now();
    while start.elapsed() < LIMIT {
        if let Some(status) = child.try_wait().expect("a child") {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let _ = child.kill();
    panic!("the container does not end");
}

#[test]
#[ignore = "builds an image and runs a container"]
fn a_runtime_starts_it_and_stops_it_in_order() -> Result<(), LabError> {
    let runtimes = runtimes();
    if runtimes.is_empty() {
        let text = "the host has neither runc nor crun";
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{text}");
        say(&format!("skipped: {text}"));
        return Ok(());
    }
    if !nix::unistd::geteuid().is_root() {
        say(
            "skipped: services have users of their own, and only root can give a container several",
        );
        return Ok(());
    }
    let lab = Lab::new()?;
    let platform = container_rootfs();
    let image = platform.image(&system()).expect("a system");
    let form = platform
        .forms
        .iter()
        .find(|form| form.name == "rootfs")
        .expect("a form");
    let archive = lab.image(&Target::from(form.of(&platform.config, image)))?;
    for runtime in runtimes {
        let bundle = lab.directory().join(runtime);
        let root = bundle.join("rootfs");
        std::fs::create_dir_all(&root).expect("a directory");
        std::fs::write(
            bundle.join("config.json"),
            CONFIG.replace("CAPS", CAPABILITIES),
        )
        .expect("a file");
        let mut tar = Command::new("tar");
        tar.args([
            "--extract",
            "--numeric-owner",
            "--preserve-permissions",
            "--file",
        ]);
        let status = tar.arg(&archive).arg("--directory").arg(&root).status();
        assert!(status.expect("the host's tar").success());
        let container = Container {
            runtime,
            name: format!("distill-{runtime}-{}", std::process::id()),
            bundle: bundle.as_std_path(),
        };
        // The second time finds what the first has left.
        for round in 1..=2 {
            let mut child = container.start();
            container.wait("s6-svwait -U -t 20000 /run/service/sleeper");
            assert_eq!(container.wait("cat /proc/1/comm"), "s6-svscan");
            let user = container.wait("stat -c %U /proc/$(s6-svstat -o pid /run/service/sleeper)");
            assert_eq!(user, "sleeper");
            container.wait("grep -q started /var/log/sleeper/current");
            assert_eq!(
                container.wait("stat -c '%u %a' /tmp /root | tr '\\n' ' '"),
                "0 1777 0 700"
            );
            match round {
                1 => container.signal("TERM"),
                _ => drop(container.exec("poweroff")),
            }
            assert_eq!(end(&mut child), Some(0), "{runtime}, round {round}");
            let stopped = std::fs::read_to_string(root.join("var/lib/stopped"));
            assert_eq!(stopped.expect("a file"), "stopped\n".repeat(round));
        }
    }
    Ok(())
}
