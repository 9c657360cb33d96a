//! What this machine lets a sandbox do, found out by trying, and what to change where it does not.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;

use camino::{Utf8Path, Utf8PathBuf};
use nix::errno::Errno;

use super::spec::{Method, Stack};
use super::state::{NO_CHILD, Started};
use super::step::Step;
use super::{caller, layout};

/// The most layers that overlayfs stacks (`OVL_MAX_STACK` of the kernel).
pub const MAX_LAYERS: usize = 500;

/// What this machine lets a sandbox do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Namespaces can be made and used. Without them there is no sandbox.
    pub namespaces: Result<(), Lack>,
    /// A fresh `/proc` can be mounted. Without it there is no sandbox.
    pub proc: Result<(), Lack>,
    /// Trees can be stacked. Without it they are copied, which is slower and as safe.
    pub overlay: Result<(), Lack>,
}

/// Something that this machine does not allow, and how to allow it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}\nhint: {hint}")]
pub struct Lack {
    /// What is not possible, and why.
    pub problem: String,
    /// What to change, with the value to use.
    pub hint: String,
}

impl Capabilities {
    /// How to make a root whose largest stack has this many layers, or what forbids a sandbox.
    pub fn method(&self, layers: usize) -> Result<Method, Lack> {
        self.namespaces.clone()?;
        self.proc.clone()?;
        let stackable = self.overlay.is_ok() && layers <= MAX_LAYERS;
        Ok(if stackable {
            Method::Overlay
        } else {
            Method::Copy
        })
    }
}

/// Try what a sandbox needs. `scratch` is an existing directory on the file system of the upper
/// layers, best one of the store; what is made in it is removed again.
pub fn probe(scratch: &Utf8Path) -> io::Result<Capabilities> {
    let trials = Trials::run(scratch)?;
    Ok(diagnose(&Readings::read(), &trials))
}

/// What the kernel says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Readings {
    /// `/proc/sys/user/max_user_namespaces`; absent without `CONFIG_USER_NS`.
    pub(super) max_user_namespaces: Option<u64>,
    /// `/proc/sys/kernel/unprivileged_userns_clone`, of Debian's and Arch's kernels.
    pub(super) unprivileged_userns_clone: Option<u64>,
    /// `/proc/sys/kernel/apparmor_restrict_unprivileged_userns`, of Ubuntu's kernels.
    pub(super) apparmor_restrict: Option<u64>,
    /// `/proc/self/status` has a system call filter, as in most containers.
    pub(super) filtered: bool,
}

impl Readings {
    fn read() -> Self {
        let number = |path| fs::read_to_string(path).ok()?.trim().parse().ok();
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        Self {
            max_user_namespaces: number("/proc/sys/user/max_user_namespaces"),
            unprivileged_userns_clone: number("/proc/sys/kernel/unprivileged_userns_clone"),
            apparmor_restrict: number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
            filtered: status.lines().any(|line| line.starts_with("Seccomp:\t2")),
        }
    }
}

/// What came of trying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trials {
    /// To make the namespaces.
    pub(super) clone: Result<(), Errno>,
    /// To do something in them that needs a capability.
    pub(super) rule: Result<(), Errno>,
    /// To mount `/proc`.
    pub(super) proc: Result<(), Errno>,
    /// To stack directories, and replace one of a lower layer.
    pub(super) overlay: Result<(), Errno>,
}

impl Trials {
    fn run(scratch: &Utf8Path) -> io::Result<Self> {
        let place = Place::make(scratch)?;
        let namespaces = attempt(Vec::new())?;
        let clone = match namespaces {
            Started::Failed(NO_CHILD, errno) => Err(errno),
            _ => Ok(()),
        };
        Ok(Self {
            clone,
            rule: result(namespaces),
            proc: result(attempt(place.proc_steps())?),
            overlay: result(attempt(place.overlay_steps())?),
        })
    }
}

/// Directories to try mounts in. They are removed when this is dropped.
struct Place(Utf8PathBuf);

impl Place {
    fn make(scratch: &Utf8Path) -> io::Result<Self> {
        let place = Self(scratch.join(format!(".probe-{}", crate::unique::name())));
        for directory in ["", "low", "low/replaced", "high", "upper", "work", "target"] {
            DirBuilder::new()
                .mode(0o755)
                .create(place.0.join(directory))?;
        }
        Ok(place)
    }

    fn proc_steps(&self) -> Vec<Step> {
        vec![layout::mount_proc(&self.0.join("target"))]
    }

    fn overlay_steps(&self) -> Vec<Step> {
        let stack = Stack {
            at: Utf8PathBuf::from("/"),
            layers: vec![self.0.join("low"), self.0.join("high")],
            upper: self.0.join("upper"),
            work: self.0.join("work"),
        };
        let replaced = layout::constant(self.0.join("target/replaced").as_str());
        let mut steps = layout::overlay(&stack, &self.0.join("target")).unwrap_or_default();
        steps.push(Step::RemoveDirectory(replaced.clone()));
        steps.push(Step::Directory(replaced, 0o755));
        steps
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = super::discard(&self.0);
    }
}

/// Try steps in fresh namespaces.
fn attempt(steps: Vec<Step>) -> io::Result<Started> {
    let mut setup = layout::detach(caller(), "probe").map_err(io::Error::other)?;
    setup.extend(steps);
    super::attempt(setup)
}

fn result(started: Started) -> Result<(), Errno> {
    match started {
        Started::Running => Ok(()),
        Started::Failed(_, errno) => Err(errno),
        Started::Lost => Err(Errno::EINTR),
    }
}

/// What readings and trials mean.
pub(super) fn diagnose(readings: &Readings, trials: &Trials) -> Capabilities {
    let namespaces = match (trials.clone, trials.rule) {
        (Err(errno), _) => Err(why_no_namespaces(readings, errno)),
        (_, Err(errno)) => Err(why_no_rule(readings, errno)),
        _ => Ok(()),
    };
    Capabilities {
        namespaces,
        proc: trials.proc.map_err(|errno| why_no_proc(readings, errno)),
        overlay: trials.overlay.map_err(why_no_overlay),
    }
}

const CANNOT: &str = "cannot make user namespaces";

fn why_no_namespaces(readings: &Readings, errno: Errno) -> Lack {
    match errno {
        _ if readings.max_user_namespaces.is_none() => lack(
            format!("{CANNOT}: this kernel was built without them"),
            "use a kernel with CONFIG_USER_NS=y",
        ),
        _ if readings.max_user_namespaces == Some(0) => {
            switched_off("user.max_user_namespaces", 0, 15000)
        }
        _ if readings.unprivileged_userns_clone == Some(0) => {
            switched_off("kernel.unprivileged_userns_clone", 0, 1)
        }
        Errno::ENOSPC => lack(
            format!("{CANNOT}: all that `user.max_user_namespaces` allows are in use"),
            sysctl(
                "user.max_user_namespaces",
                readings.max_user_namespaces.unwrap_or(0) + 15000,
            ),
        ),
        Errno::EUSERS => lack(
            format!("{CANNOT}: 32 of them are nested here already"),
            "start from a process outside of them",
        ),
        _ => why_no_rule(readings, errno),
    }
}

/// Namespaces were made, but without power over them; or their making was filtered.
fn why_no_rule(readings: &Readings, errno: Errno) -> Lack {
    let refused = matches!(errno, Errno::EPERM | Errno::EACCES);
    if refused && readings.apparmor_restrict == Some(1) {
        return switched_off("kernel.apparmor_restrict_unprivileged_userns", 1, 0);
    }
    if readings.filtered {
        return lack(
            format!("{CANNOT}: a system call filter is in force, as in a container ({errno})"),
            "with docker or podman: `--security-opt seccomp=unconfined --security-opt \
             apparmor=unconfined`",
        );
    }
    if refused {
        return lack(
            format!("{CANNOT}: the kernel refuses ({errno})"),
            "in a chroot they are forbidden: start from outside; else see what security module \
             this system runs (`cat /sys/kernel/security/lsm`)",
        );
    }
    lack(format!("{CANNOT}: {errno}"), "use Linux 5.10 or later")
}

fn why_no_proc(readings: &Readings, errno: Errno) -> Lack {
    if errno == Errno::EPERM || readings.filtered {
        return lack(
            format!("cannot mount a fresh /proc: parts of this one are hidden ({errno})"),
            "with docker: `--security-opt systempaths=unconfined`; with podman: `--security-opt \
             unmask=ALL`",
        );
    }
    lack(
        format!("cannot mount a fresh /proc: {errno}"),
        "use Linux 5.10 or later",
    )
}

fn why_no_overlay(errno: Errno) -> Lack {
    let problem = |why: &str| format!("cannot stack trees with overlayfs, so copies them: {why}");
    match errno {
        Errno::ENODEV => lack(
            problem("the kernel does not know it"),
            "`sudo modprobe overlay`",
        ),
        Errno::EPERM => lack(
            problem("this kernel does not let users mount it"),
            "use Linux 5.11 or later",
        ),
        _ => lack(
            problem(&format!(
                "the store's file system does not take it ({errno})"
            )),
            "have the store on ext4, XFS or btrfs, with `--store DIRECTORY`",
        ),
    }
}

fn switched_off(key: &str, is: u64, want: u64) -> Lack {
    lack(
        format!("{CANNOT}: they are switched off (`{key}` is {is})"),
        sysctl(key, want),
    )
}

fn sysctl(key: &str, value: u64) -> String {
    format!(
        "`sudo sysctl -w {key}={value}`; to keep that: \
         `echo {key}={value} | sudo tee -a /etc/sysctl.d/50-distill.conf`"
    )
}

fn lack(problem: String, hint: impl Into<String>) -> Lack {
    Lack {
        problem,
        hint: hint.into(),
    }
}
