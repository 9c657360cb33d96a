//! From a [`Spec`] to the steps that make it, and to the mount points that they need.

use std::ffi::{CStr, CString};
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use nix::fcntl::AT_FDCWD;
use nix::mount::MsFlags;
use nix::sys::stat::{UtimensatFlags, utimensat};
use nix::sys::time::TimeSpec;

use super::error::SandboxError;
use super::job::{Caller, Exec};
use super::spec::{Input, Method, Spec, Stack};
use super::step::{Attributes, Step};

/// The capabilities that the program keeps: `CHOWN`, `DAC_OVERRIDE`, `FOWNER` and `FSETID` of
/// linux/capability.h. With them a build reads and replaces any file it sees, as
/// root does everywhere; without the others it cannot change its namespaces or look at process 1.
const FILE_CAPABILITIES: u32 = 0b1_1011;

/// The directories of every root that something of the sandbox itself is mounted on.
pub const MOUNT_POINTS: [&str; 3] = ["dev", "proc", "tmp"];

/// The devices that a program finds in `/dev`.
const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];

/// The links that a program finds in `/dev`: name and text.
const DEVICE_LINKS: [(&str, &str); 5] = [
    ("fd", "/proc/self/fd"),
    ("stdin", "fd/0"),
    ("stdout", "fd/1"),
    ("stderr", "fd/2"),
    ("ptmx", "pts/ptmx"),
];

/// The steps of process 1.
pub(super) fn setup(spec: &Spec, caller: Caller) -> Result<Vec<Step>, SandboxError> {
    let root = spec.base()?;
    let mut steps = detach(caller, &spec.hostname)?;
    steps.push(Step::Try(Box::new(own_formats())));
    for stack in &spec.root {
        steps.extend(mount_stack(
            stack,
            spec.method,
            &inside(&root.top, &stack.at),
        )?);
    }
    steps.push(Step::Enter(text(root.top.as_str())?));
    steps.extend(system_mounts());
    for writable in &spec.writable {
        let at = text(writable.at.as_str().trim_start_matches('/'))?;
        steps.push(Step::Bind(text(writable.directory.as_str())?, at.clone()));
        steps.push(Step::Attributes(at, Attributes::Plain));
    }
    if let Some(fifo) = &spec.jobserver {
        steps.extend(bind_file(fifo.as_str(), "dev/jobserver")?);
    }
    steps.extend(close_devices());
    steps.extend([Step::ChangeRoot, Step::Umask(0o022)]);
    Ok(steps)
}

/// The steps of the program's process.
pub(super) fn launch(spec: &Spec, stdin: &Input) -> Result<Vec<Step>, SandboxError> {
    let mut steps = vec![Step::Enter(text(spec.cwd.as_str())?), Step::Session];
    if let Input::Terminal(_) = stdin {
        steps.push(Step::Terminal);
    }
    steps.extend(spec.limits.steps());
    steps.extend([
        Step::Capabilities(FILE_CAPABILITIES),
        Step::Try(Box::new(Step::FixedAddresses)),
        Step::DefaultSignals,
        Step::Filter,
    ]);
    Ok(steps)
}

/// What is executed.
pub(super) fn exec(spec: &Spec) -> Result<Exec, SandboxError> {
    let program = text(spec.program.as_str())?;
    let args = [Ok(program.clone())]
        .into_iter()
        .chain(spec.args.iter().map(|arg| text(arg)));
    let env = spec
        .env
        .iter()
        .map(|(name, value)| text(&format!("{name}={value}")));
    Ok(Exec {
        args: args.collect::<Result<_, _>>()?,
        env: env.collect::<Result<_, _>>()?,
        program,
    })
}

/// Make the directories that something is mounted on, on top of the root. What is there and no
/// directory is a leftover of the last user of that directory: it goes. Those that can be seen, since
/// nothing is mounted on them themselves, are 0755 and of the epoch, whatever the caller's umask and clock
/// say.
pub(super) fn make_mount_points(spec: &Spec) -> Result<(), SandboxError> {
    let root = spec.base()?;
    let stacks = spec.root.iter().skip(1).map(|stack| stack.at.as_path());
    let writable = spec.writable.iter().map(|writable| writable.at.as_path());
    let places = stacks.chain(writable);
    for place in places.chain(MOUNT_POINTS.map(Utf8Path::new)) {
        let mut path = root.top.clone();
        for component in place.components().filter(|c| *c != Utf8Component::RootDir) {
            path.push(component);
            make_directory(&path).map_err(|source| mount_point(&path, source))?;
        }
        let above = path.ancestors().skip(1);
        for above in above.take_while(|above| *above != root.top) {
            settle(above).map_err(|source| mount_point(above, source))?;
        }
    }
    for stack in &spec.root {
        settle(&stack.top).map_err(|source| mount_point(&stack.top, source))?;
    }
    Ok(())
}

fn mount_point(path: &Utf8Path, source: io::Error) -> SandboxError {
    let path = path.to_owned();
    SandboxError::MountPoint { path, source }
}

/// A link is not followed: it might lead out of the layer.
fn make_directory(path: &Utf8Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if fs::symlink_metadata(path)?.is_dir() {
                return Ok(());
            }
            fs::remove_file(path)?;
            fs::create_dir(path)
        }
        result => result,
    }
}

fn settle(directory: &Utf8Path) -> io::Result<()> {
    fs::set_permissions(directory, Permissions::from_mode(0o755))?;
    let epoch = TimeSpec::new(0, 0);
    let flag = UtimensatFlags::NoFollowSymlink;
    Ok(utimensat(
        AT_FDCWD,
        directory.as_std_path(),
        &epoch,
        &epoch,
        flag,
    )?)
}

impl Spec {
    /// The stack at `/`, once all places are known to be sound.
    fn base(&self) -> Result<&Stack, SandboxError> {
        let clean = |at: &Utf8Path| {
            let mut parts = at.components();
            parts.next() == Some(Utf8Component::RootDir)
                && parts.all(|part| matches!(part, Utf8Component::Normal(_)))
        };
        let writable = self.writable.iter().map(|writable| &writable.at);
        let others = self.root.iter().skip(1).map(|stack| &stack.at);
        let unsound = others
            .chain(writable)
            .find(|at| *at == "/" || !clean(at.as_path()));
        match (unsound, self.root.first()) {
            (None, Some(root)) if root.at == "/" => Ok(root),
            (unsound, root) => {
                let at = unsound.or(root.map(|root| &root.at));
                let at = at.cloned().unwrap_or_default();
                Err(SandboxError::Place { at })
            }
        }
    }
}

/// Become root in a user namespace that was made by this user and group, as its parent namespace
/// knows them.
fn become_root(uid: u32, gid: u32) -> Vec<Step> {
    let write = |path: &CStr, value: &str| Step::Write(path.to_owned(), constant(value));
    vec![
        write(c"/proc/self/setgroups", "deny"),
        write(c"/proc/self/uid_map", &format!("0 {uid} 1\n")),
        write(c"/proc/self/gid_map", &format!("0 {gid} 1\n")),
    ]
}

/// The first steps where the network namespace is new: the user namespace is the caller's child.
pub(super) fn new_network(caller: Caller) -> Vec<Step> {
    let mut steps = become_root(caller.uid, caller.gid);
    steps.push(Step::Loopback);
    steps
}

/// The first steps where it is not: the user namespace is the child of the one that owns it.
pub(super) fn old_network() -> Vec<Step> {
    become_root(0, 0)
}

/// Follow the caller, and drop what was inherited.
pub(super) fn detach(caller: Caller, hostname: &str) -> Result<Vec<Step>, SandboxError> {
    Ok(vec![
        Step::FollowParent(caller.pid),
        Step::Streams,
        Step::CloseFiles,
        Step::NoNewPrivileges,
        Step::Umask(0),
        Step::Hostname(text(hostname)?),
        Step::Domainname(constant("(none)")),
        // A kernel without keys has no keyring to leave.
        Step::Try(Box::new(Step::SessionKeyring)),
    ])
}

/// A list of its own, which is empty, of the interpreters of foreign programs (`binfmt_misc`). Where the
/// kernel keeps one list for all (before Linux 6.7), the probe has found out whether anything is on it.
pub(super) fn own_formats() -> Step {
    mount("binfmt_misc", FORMATS, MsFlags::empty(), "")
}

/// Where kernels that know such interpreters have a place to mount their list on.
pub(super) const FORMATS: &str = "/proc/sys/fs/binfmt_misc";

/// Mount one stack on a host path.
fn mount_stack(
    stack: &Stack,
    method: Method,
    target: &Utf8Path,
) -> Result<Vec<Step>, SandboxError> {
    if method == Method::Overlay && !stack.layers.is_empty() {
        return overlay(stack, target);
    }
    let target = text(target.as_str())?;
    Ok(vec![
        Step::Bind(text(stack.top.as_str())?, target.clone()),
        Step::Attributes(target, Attributes::ReadOnly),
    ])
}

/// overlayfs takes its directories as one string of at most a page. So it gets them as numbers of open
/// files, in the directory that lists those: short whatever the store's path is.
pub(super) fn overlay(stack: &Stack, target: &Utf8Path) -> Result<Vec<Step>, SandboxError> {
    let directories = stack.layers.iter().chain([&stack.top]);
    let mut steps = directories
        .map(|path| Ok(Step::Open(text(path.as_str())?)))
        .collect::<Result<Vec<_>, SandboxError>>()?;
    steps.extend([
        Step::Enter(constant("/proc/self/fd")),
        Step::Mount {
            kind: constant("overlay"),
            target: text(target.as_str())?,
            flags: MsFlags::MS_RDONLY | MsFlags::MS_NOSUID | MsFlags::MS_NODEV,
            options: constant(&overlay_options(stack.layers.len() + 1)),
        },
        Step::CloseFiles,
    ]);
    Ok(steps)
}

/// Options for layers that are open as descriptors 3 and up, lowest first. All that follows depends on
/// the kernel's configuration where it is not said.
fn overlay_options(layers: usize) -> String {
    let lower: Vec<String> = (3..3 + layers).rev().map(|fd| fd.to_string()).collect();
    let lower = lower.join(":");
    format!("lowerdir={lower},redirect_dir=nofollow,index=off,metacopy=off,xino=off")
}

/// `/proc`, `/dev` and `/tmp`.
fn system_mounts() -> Vec<Step> {
    let plain = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    let mut steps = vec![
        mount_proc(Utf8Path::new("proc")),
        mount("tmpfs", "dev", MsFlags::MS_NOSUID, "mode=0755"),
        Step::Directory(constant("dev/shm"), 0o1777),
        Step::Directory(constant("dev/pts"), 0o755),
    ];
    for name in DEVICES {
        let at = constant(&format!("dev/{name}"));
        steps.push(Step::File(at.clone()));
        steps.push(Step::Bind(constant(&format!("/dev/{name}")), at));
    }
    for (name, to) in DEVICE_LINKS {
        steps.push(Step::Link(constant(to), constant(&format!("dev/{name}"))));
    }
    steps.push(mount("tmpfs", "tmp", plain, "mode=1777"));
    steps
}

/// Makes `/dev` and everything in it read-only, now that all of it is there: where the caller is root, the
/// host's devices belong to the program, which could change their mode. Then come the two that are written
/// to, of which `shm` is a second mount of a directory of the same file system.
fn close_devices() -> [Step; 4] {
    let (quiet, shm) = (MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC, constant("dev/shm"));
    let pts = mount(
        "devpts",
        "dev/pts",
        quiet,
        "newinstance,ptmxmode=0666,mode=0620",
    );
    [
        Step::Bind(shm.clone(), shm.clone()),
        Step::Attributes(constant("dev"), Attributes::AllReadOnly),
        Step::Attributes(shm, Attributes::Writable),
        Step::Try(Box::new(pts)),
    ]
}

/// Mount `/proc`, of which a program sees its own processes only: neither the rest of the machine
/// (`subset=pid`), such as its load and its command line, nor process 1, which has the builder's memory
/// (`hidepid=ptraceable`). It is read-only.
pub(super) fn mount_proc(target: &Utf8Path) -> Step {
    let flags = MsFlags::MS_RDONLY | MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(
        "proc",
        target.as_str(),
        flags,
        "hidepid=ptraceable,subset=pid",
    )
}

fn bind_file(from: &str, to: &str) -> Result<[Step; 2], SandboxError> {
    let to = text(to)?;
    Ok([Step::File(to.clone()), Step::Bind(text(from)?, to)])
}

fn mount(kind: &str, target: &str, flags: MsFlags, options: &str) -> Step {
    let (kind, target, options) = (constant(kind), constant(target), constant(options));
    Step::Mount {
        kind,
        target,
        flags,
        options,
    }
}

/// A place inside, as a path of the host, while the root is mounted on `root`.
fn inside(root: &Utf8Path, at: &Utf8Path) -> Utf8PathBuf {
    match at.as_str().trim_start_matches('/') {
        "" => root.to_owned(),
        relative => root.join(relative),
    }
}

fn text(value: &str) -> Result<CString, SandboxError> {
    CString::new(value).map_err(|_| SandboxError::Nul {
        text: value.escape_debug().to_string(),
    })
}

/// A text that holds no NUL byte, for it does not come from outside.
pub(super) fn constant(value: &str) -> CString {
    CString::new(value).unwrap_or_default()
}
