//! What this machine lets a sandbox do, found out by trying, and what to change where it does not.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;

use camino::{Utf8Path, Utf8PathBuf};
use nix::errno::Errno;

use super::layout;
use super::limits::{Limits, LowLimit};
use super::spec::{Method, Stack};
use super::step::{Attributes, Step};
use super::trial::{Trial, Trouble, attempt};

/// The most layers that overlayfs stacks (`OVL_MAX_STACK` of the kernel), but for the one on top of
/// them.
pub const MAX_LAYERS: usize = 499;

/// What this machine lets a sandbox do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Namespaces can be made and used. Without them there is no sandbox.
    pub namespaces: Result<(), Lack>,
    /// The store can be reached from inside of namespaces. Otherwise there is no sandbox.
    pub place: Result<(), Lack>,
    /// A fresh `/proc` can be mounted. Without it there is no sandbox.
    pub proc: Result<(), Lack>,
    /// Mounts can be made read-only and be hidden, and system calls refused. Without it there is no
    /// sandbox.
    pub walls: Result<(), Lack>,
    /// No program of another architecture runs by the host's interpreter for it. Otherwise there is no
    /// sandbox: a build's question "can I run what I compiled?" would have the host's answer.
    pub formats: Result<(), Lack>,
    /// The caller's resource limits allow those that builds are promised. Otherwise there is no sandbox.
    pub limits: Result<(), Lack>,
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
        for needed in self.needed() {
            needed.clone()?;
        }
        let stackable = self.overlay.is_ok() && layers <= MAX_LAYERS;
        Ok(if stackable {
            Method::Overlay
        } else {
            Method::Copy
        })
    }
}

impl Capabilities {
    /// All without which there is no sandbox.
    pub fn needed(&self) -> [&Result<(), Lack>; 6] {
        [
            &self.namespaces,
            &self.place,
            &self.proc,
            &self.walls,
            &self.formats,
            &self.limits,
        ]
    }
}

/// Try what a sandbox needs. `scratch` is an existing directory on the file system of the upper
/// layers, best one of the store; what is made in it is removed again.
pub fn probe(scratch: &Utf8Path) -> io::Result<Capabilities> {
    let trials = Trials::run(scratch)?;
    Ok(diagnose(&Readings::read(scratch), &trials))
}

/// What the kernel says about itself, and about this process.
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
    /// The host's interpreters of foreign programs that reach into namespaces.
    pub(super) formats: Vec<String>,
    /// What is mounted over parts of `/proc`, as in most containers.
    pub(super) covered: Vec<String>,
    /// The first resource limit that is too low.
    pub(super) low_limit: Option<LowLimit>,
    /// The directory in which mounts are tried.
    pub(super) scratch: Utf8PathBuf,
}

impl Readings {
    fn read(scratch: &Utf8Path) -> Self {
        let number = |path| fs::read_to_string(path).ok()?.trim().parse().ok();
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        Self {
            max_user_namespaces: number("/proc/sys/user/max_user_namespaces"),
            unprivileged_userns_clone: number("/proc/sys/kernel/unprivileged_userns_clone"),
            apparmor_restrict: number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
            filtered: status.lines().any(|line| line.starts_with("Seccomp:\t2")),
            formats: formats(),
            covered: covered(),
            low_limit: Limits::default().check().err(),
            scratch: scratch.to_owned(),
        }
    }
}

/// The names of those interpreters of foreign programs that are switched on, and that the kernel has
/// open (flag `F`), so that they need not lie in a program's root.
fn formats() -> Vec<String> {
    let status = fs::read_to_string(format!("{}/status", layout::FORMATS)).unwrap_or_default();
    if status.trim() != "enabled" {
        return Vec::new();
    }
    let entries = Utf8Path::new(layout::FORMATS).read_dir_utf8();
    let reaches = |entry: &camino::Utf8DirEntry| {
        let text = fs::read_to_string(entry.path()).unwrap_or_default();
        let flags = text.lines().find_map(|line| line.strip_prefix("flags: "));
        text.starts_with("enabled\n") && flags.is_some_and(|flags| flags.contains('F'))
    };
    let entries = entries.into_iter().flatten().flatten().filter(reaches);
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_owned()).collect();
    names.sort();
    names
}

/// The places below `/proc` that something is mounted on, by the fifth field of `/proc/self/mountinfo`
/// (`proc_pid_mountinfo(5)`). A place that is made for a mount hides nothing.
fn covered() -> Vec<String> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let places = mounts.lines().filter_map(|line| line.split(' ').nth(4));
    let hides = |place: &&str| place.starts_with("/proc/") && *place != layout::FORMATS;
    let mut places: Vec<String> = places.filter(hides).map(str::to_owned).collect();
    places.sort();
    places.dedup();
    places
}

/// What came of trying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trials {
    /// To make the namespaces, and do something in them that needs a capability.
    pub(super) namespaces: Trial,
    /// To enter the directory in which mounts are tried.
    pub(super) place: Trial,
    /// To mount `/proc`.
    pub(super) proc: Trial,
    /// To make a mount read-only, to hide all mounts, and to filter system calls.
    pub(super) walls: Trial,
    /// To have a list of its own of the interpreters of foreign programs.
    pub(super) formats: Trial,
    /// To stack directories.
    pub(super) overlay: Trial,
}

impl Trials {
    fn run(scratch: &Utf8Path) -> io::Result<Self> {
        let place = Place::make(scratch)?;
        Ok(Self {
            namespaces: attempt(Vec::new())?,
            place: attempt(vec![Step::Enter(layout::constant(place.0.as_str()))])?,
            proc: attempt(place.proc_steps())?,
            walls: attempt(place.wall_steps())?,
            formats: attempt(vec![layout::own_formats()])?,
            overlay: attempt(place.overlay_steps())?,
        })
    }
}

/// Directories to try mounts in. They are removed when this is dropped.
struct Place(Utf8PathBuf);

impl Place {
    fn make(scratch: &Utf8Path) -> io::Result<Self> {
        let place = Self(scratch.join(format!(".probe-{}", crate::unique::name())));
        for directory in ["", "low", "high", "top", "target"] {
            DirBuilder::new()
                .mode(0o755)
                .create(place.0.join(directory))?;
        }
        Ok(place)
    }

    fn proc_steps(&self) -> Vec<Step> {
        vec![layout::mount_proc(&self.0.join("target"))]
    }

    fn wall_steps(&self) -> Vec<Step> {
        let path = layout::constant(self.0.join("low").as_str());
        vec![
            Step::Bind(path.clone(), path.clone()),
            Step::Attributes(path.clone(), Attributes::ReadOnly),
            Step::Enter(path),
            Step::ChangeRoot,
            Step::Filter,
        ]
    }

    fn overlay_steps(&self) -> Vec<Step> {
        let stack = Stack {
            at: Utf8PathBuf::from("/"),
            layers: vec![self.0.join("low"), self.0.join("high")],
            top: self.0.join("top"),
        };
        layout::overlay(&stack, &self.0.join("target")).unwrap_or_default()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = super::scratch::discard(&self.0);
    }
}

/// What readings and trials mean.
pub(super) fn diagnose(readings: &Readings, trials: &Trials) -> Capabilities {
    let lack = |trial: &Trial, why: &dyn Fn(&Trouble) -> Lack| match trial {
        Ok(()) => Ok(()),
        Err(trouble) => Err(why(trouble)),
    };
    let formats = if readings.formats.is_empty() {
        Ok(())
    } else {
        lack(&trials.formats, &|_| foreign_formats(&readings.formats))
    };
    let limits = match readings.low_limit {
        Some(low) => Err(Lack {
            problem: low.problem(),
            hint: low.hint(),
        }),
        None => Ok(()),
    };
    Capabilities {
        namespaces: lack(&trials.namespaces, &|why| why_no_namespaces(readings, why)),
        place: lack(&trials.place, &|why| why_no_place(readings, why)),
        proc: lack(&trials.proc, &|why| why_no_proc(readings, why)),
        walls: lack(&trials.walls, &|why| why_no_walls(readings, why)),
        formats,
        limits,
        overlay: lack(&trials.overlay, &|why| why_no_overlay(why.errno)),
    }
}

const CANNOT: &str = "cannot make user namespaces";

fn why_no_namespaces(readings: &Readings, trouble: &Trouble) -> Lack {
    if trouble.step.is_some() {
        return why_no_rule(readings, trouble);
    }
    match trouble.errno {
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
        _ => why_no_rule(readings, trouble),
    }
}

/// Namespaces were made, but without power over them; or their making was filtered.
fn why_no_rule(readings: &Readings, trouble: &Trouble) -> Lack {
    let refused = matches!(trouble.errno, Errno::EPERM | Errno::EACCES);
    let what = match &trouble.step {
        None => CANNOT.to_owned(),
        Some(step) => format!("{CANNOT} that can be used: failed to {step}"),
    };
    let errno = trouble.errno;
    if refused && readings.apparmor_restrict == Some(1) {
        return switched_off("kernel.apparmor_restrict_unprivileged_userns", 1, 0);
    }
    if readings.filtered {
        return lack(
            format!("{what}: a system call filter is in force, as in a container ({errno})"),
            "with docker or podman: `--security-opt seccomp=unconfined --security-opt \
             apparmor=unconfined`",
        );
    }
    if errno == Errno::EROFS {
        return lack(
            format!("{what}: it is on a read-only file system"),
            "with docker: `--security-opt systempaths=unconfined`; with podman: `--security-opt \
             unmask=ALL`",
        );
    }
    if refused {
        return lack(
            format!("{what}: the kernel refuses ({errno})"),
            "in a chroot they are forbidden: start from outside; else see what security module \
             this system runs (`cat /sys/kernel/security/lsm`)",
        );
    }
    lack(format!("{what}: {errno}"), NEWER)
}

/// The oldest kernel that has all that a sandbox needs: `mount_setattr(2)` came last.
const NEWER: &str = "use Linux 5.12 or later";

/// Root has no power in namespaces over what belongs to others outside of them.
fn why_no_place(readings: &Readings, trouble: &Trouble) -> Lack {
    let (place, errno) = (&readings.scratch, trouble.errno);
    let problem = format!("builds cannot reach `{place}`: {errno}");
    let hint = match errno {
        Errno::EACCES => {
            "use a store of your own, with `--store` or `DISTILL_STORE`: one that others keep for themselves \
             cannot be used by a build, also not by one of root's"
        }
        _ => "use a store in another directory, with `--store` or `DISTILL_STORE`",
    };
    lack(problem, hint)
}

fn why_no_proc(readings: &Readings, trouble: &Trouble) -> Lack {
    let errno = trouble.errno;
    if errno == Errno::EPERM || readings.filtered {
        return lack(
            format!(
                "cannot mount a fresh /proc: parts of this one are hidden{} ({errno})",
                named(&readings.covered)
            ),
            "with docker: `--security-opt systempaths=unconfined`; with podman: `--security-opt \
             unmask=ALL`",
        );
    }
    lack(format!("cannot mount a fresh /proc: {errno}"), NEWER)
}

/// What hides them, if that is known.
fn named(names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    format!(", by mounts on {}", names.join(", "))
}

fn why_no_walls(readings: &Readings, trouble: &Trouble) -> Lack {
    let Trouble { step, errno } = trouble;
    let step = step.as_deref().unwrap_or("make namespaces");
    let problem = format!("cannot close a sandbox: failed to {step} ({errno})");
    if readings.filtered {
        let hint = "with docker or podman: `--security-opt seccomp=unconfined`";
        return lack(problem, hint);
    }
    lack(problem, format!("{NEWER}, with CONFIG_SECCOMP_FILTER=y"))
}

fn foreign_formats(names: &[String]) -> Lack {
    let problem = format!(
        "builds would run programs of other architectures by interpreters of this machine \
         (binfmt_misc: {})",
        names.join(", ")
    );
    let hint = format!(
        "use Linux 6.7 or later, which keeps them out; or switch them off while building: `echo 0 | \
         sudo tee {}/status`",
        layout::FORMATS
    );
    lack(problem, hint)
}

fn why_no_overlay(errno: Errno) -> Lack {
    let problem = |why: &str| format!("cannot stack trees with overlayfs, so copies them: {why}");
    match errno {
        Errno::ENODEV => lack(
            problem("the kernel does not know it"),
            "`sudo modprobe overlay`",
        ),
        Errno::EPERM => lack(problem("this kernel does not let users mount it"), NEWER),
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
