//! By systemd-nspawn, as a machine: also where systemd is not there to know of it.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use distill_testing::{Lab, LabError};

use super::super::{Inside, LIMIT, end, form, unpack};
use super::is_root;
use crate::has;

fn start(root: &Path, more: &[&str]) -> Child {
    let mut command = Command::new("systemd-nspawn");
    command
        .args(["--quiet", "--boot", "--kill-signal=SIGTERM"])
        .args(["--private-network", "--register=no", "--keep-unit"])
        .arg(format!("--machine=distill-{}", std::process::id()))
        .args(more)
        .arg("--directory")
        .arg(root)
        .stdin(Stdio::null());
    command.spawn().expect("systemd-nspawn runs")
}

/// The first process of the container, as the host knows it.
fn leader(nspawn: &mut Child) -> String {
    let path = format!("/proc/{0}/task/{0}/children", nspawn.id());
    let start = Instant::now();
    while start.elapsed() < LIMIT {
        let children = std::fs::read_to_string(&path).unwrap_or_default();
        for child in children.split_whitespace() {
            let name = std::fs::read_to_string(format!("/proc/{child}/comm"));
            if name.is_ok_and(|name| name == "s6-svscan\n") {
                return child.to_owned();
            }
        }
        assert_eq!(nspawn.try_wait().expect("a child"), None, "it has ended");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let _ = nspawn.kill();
    panic!("nothing is started");
}

fn inside(leader: String) -> Inside<impl Fn(&str) -> Command> {
    Inside(move |script: &str| {
        let mut command = Command::new("nsenter");
        command.args(["--target", &leader, "--all", "/bin/sh", "-c", script]);
        command
    })
}

#[test]
#[ignore = "builds an image and runs a container"]
fn nspawn_boots_it_and_stops_it_in_order() -> Result<(), LabError> {
    if !is_root() || !has(&["systemd-nspawn"]) {
        return Ok(());
    }
    let lab = Lab::new()?;
    let root = lab.directory().join("root");
    unpack(form(&lab, "rootfs")?.as_std_path(), root.as_std_path());
    // The second time with ids of its own, as systemd's unit for containers has it.
    for (round, users) in [(1, "--private-users=no"), (2, "--private-users=pick")] {
        let ownership = "--private-users-ownership=auto";
        let mut nspawn = start(root.as_std_path(), &[users, ownership]);
        let inside = inside(leader(&mut nspawn));
        inside.assert_works();
        match round {
            1 => {
                let pid = nix::unistd::Pid::from_raw(nspawn.id().cast_signed());
                nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).expect("it runs");
            }
            _ => drop(inside.run("poweroff")),
        }
        assert_eq!(end(&mut nspawn), Some(0), "round {round}");
        let stopped = std::fs::read_to_string(root.join("var/lib/stopped"));
        assert_eq!(stopped.expect("a file"), "stopped\n".repeat(round));
    }
    Ok(())
}
