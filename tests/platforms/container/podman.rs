//! By podman, from the archive of an image, as whoever runs the test.

use std::path::Path;
use std::process::{Command, Stdio};

use camino::Utf8Path;
use distill_testing::{Lab, LabError};

use super::{Inside, form};
use crate::{has, skipped, succeed};

/// What podman calls the image.
const IMAGE: &str = "localhost/container:latest";

/// podman, with everything that it keeps in a directory of the test.
struct Podman<'a> {
    directory: &'a Utf8Path,
    container: String,
}

impl Podman<'_> {
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("podman");
        command
            .arg("--root")
            .arg(self.directory.join("root"))
            .arg("--runroot")
            .arg(self.directory.join("runroot"))
            .arg("--tmpdir")
            .arg(self.directory.join("tmp"))
            // Works on every file system, and without a system that keeps account of what runs.
            .args(["--storage-driver=vfs", "--events-backend=file"])
            .arg("--cgroup-manager=cgroupfs")
            .args(runtime())
            .args(words)
            .env("XDG_RUNTIME_DIR", self.directory)
            .stdin(Stdio::null());
        command
    }

    fn call(&self, words: &[&str]) -> String {
        succeed(&mut self.command(words))
    }

    /// Without root, a container has several users only if its user has ids to give away.
    fn has_ids(&self) -> bool {
        let ids = ["unshare", "cat", "/proc/self/uid_map"];
        if nix::unistd::geteuid().is_root() || self.call(&ids).lines().count() > 1 {
            return true;
        }
        skipped("the user has no range in /etc/subuid, or there is no newuidmap");
        false
    }

    fn inside(&self) -> Inside<impl Fn(&str) -> Command> {
        Inside(|script: &str| self.command(&["exec", &self.container, "sh", "-c", script]))
    }

    /// Makes and starts a container.
    fn run(&self, options: &[&str]) -> Command {
        // podman wants to raise limits that not even root may raise everywhere.
        let limits = ["--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024"];
        self.command(&[&["run", "--network=none"], &limits[..], options, &[IMAGE]].concat())
    }

    fn start(&self, options: &[&str]) {
        let name = format!("--name={}", self.container);
        succeed(&mut self.run(&[&["--detach", &name], options].concat()));
    }
}

/// Leaves nothing that runs, nor files that only podman may remove.
impl Drop for Podman<'_> {
    fn drop(&mut self) {
        for words in [
            ["rm", "--all", "--force"],
            ["rmi", "--all", "--force"],
            // Without root there is a process that keeps the ids together; this ends it.
            ["system", "migrate", "--log-level=error"],
        ] {
            let _ = self.command(&words).output();
        }
    }
}

/// crun, which podman would prefer, does not run where both kinds of control groups are mounted.
fn runtime() -> Option<&'static str> {
    let exists = |path| Path::new(path).exists();
    let runc = exists("/usr/bin/runc") || exists("/usr/sbin/runc");
    runc.then_some("--runtime=runc")
}

#[test]
#[ignore = "builds an image and runs a container"]
fn podman_loads_it_runs_it_and_stops_it() -> Result<(), LabError> {
    if !has(&["podman"]) {
        return Ok(());
    }
    let lab = Lab::new()?;
    let podman = Podman {
        directory: lab.directory(),
        container: format!("distill-{}", std::process::id()),
    };
    if !podman.has_ids() {
        return Ok(());
    }
    let archive = form(&lab, "oci")?;
    let said = podman.call(&["load", "--input", archive.as_str()]);
    assert!(said.ends_with(IMAGE), "{said}");
    podman.start(&[]);
    podman.inside().assert_works();
    let path = podman.inside().wait("echo $PATH");
    assert_eq!(path, distill::system::PATH);
    // With the signal that the image names; podman kills what has not ended after so many seconds.
    podman.call(&["stop", "--time=50", &podman.container]);
    let state = "{{.State.Status}} {{.State.ExitCode}}";
    let state = podman.call(&["inspect", "--format", state, &podman.container]);
    assert_eq!(state, "exited 0");
    podman.call(&["start", &podman.container]);
    podman.inside().assert_works();
    // Stopped once, when podman did.
    assert_eq!(podman.inside().wait("cat /var/lib/stopped"), "stopped");
    Ok(())
}

#[test]
#[ignore = "builds an image and runs a container"]
fn a_read_only_root_works_and_what_is_forbidden_is_said() -> Result<(), LabError> {
    if !has(&["podman"]) {
        return Ok(());
    }
    let lab = Lab::new()?;
    let podman = Podman {
        directory: lab.directory(),
        container: format!("distill-read-only-{}", std::process::id()),
    };
    if !podman.has_ids() {
        return Ok(());
    }
    let archive = form(&lab, "oci")?;
    podman.call(&["load", "--input", archive.as_str()]);
    let refused = |options: &[&str]| {
        let output = podman.run(options).output().expect("podman runs");
        assert_eq!(output.status.code(), Some(1), "{options:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let read_only = ["--read-only", "--read-only-tmpfs=false", "--tmpfs=/tmp"];
    let said = refused(&[&read_only[..], &["--tmpfs=/run:rw,noexec"]].concat());
    for part in [
        "container: /run is mounted so that no program can start from there (noexec)\n",
        "--tmpfs /run:exec\n",
        "container: /var cannot be written\n",
    ] {
        assert!(said.contains(part), "no {part}: {said}");
    }
    let said = refused(&["--cap-drop=SETUID"]);
    assert!(
        said.contains("container: services cannot become their users\n"),
        "{said}"
    );

    podman.start(&[&read_only[..], &["--tmpfs=/run:rw,exec", "--volume=/var"]].concat());
    podman.inside().assert_works();
    Ok(())
}
