//! From a [`Spec`] to the steps that make it, and to the mount points that they need.

use std::ffi::{CStr, CString};
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use nix::mount::MsFlags;
use nix::sys::resource::{Resource, getrlimit};

use super::child::Exec;
use super::error::SandboxError;
use super::spec::{Input, Limits, Method, Spec, Stack};
use super::step::Step;
use super::sys::MAX_USER_NAMESPACES;

/// The capabilities that the program keeps: `CHOWN`, `DAC_OVERRIDE`, `FOWNER` and `FSETID` of
/// linux/capability.h. With them a build reads and replaces any file it sees, as
/// root does everywhere; without the others it cannot change its namespaces or look at process 1.
const FILE_CAPABILITIES: u32 = 0b1_1011;

/// The directories of a root that something is mounted on.
const MOUNT_POINTS: [&str; 4] = ["dev", "proc", "tmp", "out"];

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

/// Who makes a sandbox: ids as the caller sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) pid: i32,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// The steps of process 1.
pub(super) fn setup(spec: &Spec, caller: Caller) -> Result<Vec<Step>, SandboxError> {
    let root = spec.base()?;
    let mut steps = detach(caller, &spec.hostname)?;
    for stack in &spec.root {
        steps.extend(mount_stack(
            stack,
            spec.method,
            &inside(&root.upper, &stack.at),
        )?);
    }
    steps.push(Step::Enter(text(root.upper.as_str())?));
    steps.extend(system_mounts());
    steps.push(Step::Bind(text(spec.out.as_str())?, constant("out")));
    if let Some(fifo) = &spec.jobserver {
        steps.extend(bind_file(fifo.as_str(), "dev/jobserver")?);
    }
    steps.extend([Step::ChangeRoot, Step::Umask(0o022)]);
    Ok(steps)
}

/// The steps of the program's process.
pub(super) fn launch(spec: &Spec, stdin: Input, terminal: bool) -> Result<Vec<Step>, SandboxError> {
    let mut steps = vec![Step::Enter(text(spec.cwd.as_str())?)];
    match stdin {
        Input::Null => steps.push(Step::Session),
        Input::Inherit if terminal => steps.push(Step::Foreground),
        Input::Inherit => {}
    }
    steps.extend(limits(&spec.limits));
    steps.extend([
        Step::Capabilities(FILE_CAPABILITIES),
        Step::Try(Box::new(Step::FixedAddresses)),
        Step::DefaultSignals,
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

/// Make the directories that stacks and system file systems are mounted on, in the upper layer of
/// the root. What is there and no directory is a leftover of the layer's last user: it goes.
pub(super) fn make_mount_points(spec: &Spec) -> Result<(), SandboxError> {
    let root = spec.base()?;
    let stacks = spec.root.iter().skip(1).map(|stack| stack.at.as_path());
    for place in stacks.chain(MOUNT_POINTS.map(Utf8Path::new)) {
        let mut path = root.upper.clone();
        for component in place.components().filter(|c| *c != Utf8Component::RootDir) {
            path.push(component);
            make_directory(&path).map_err(|source| SandboxError::MountPoint {
                path: path.clone(),
                source,
            })?;
        }
    }
    Ok(())
}

/// A link is not followed: it might lead out of the layer.
fn make_directory(path: &Utf8Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o755).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if fs::symlink_metadata(path)?.is_dir() {
                return Ok(());
            }
            fs::remove_file(path)?;
            DirBuilder::new().mode(0o755).create(path)
        }
        result => result,
    }
}

impl Spec {
    /// The stack at `/`, once all places are known to be sound.
    fn base(&self) -> Result<&Stack, SandboxError> {
        let sound = |(index, stack): (usize, &Stack)| {
            let mut parts = stack.at.components();
            parts.next() == Some(Utf8Component::RootDir)
                && parts.all(|part| matches!(part, Utf8Component::Normal(_)))
                && (index == 0) == (stack.at == "/")
        };
        let unsound = self.root.iter().enumerate().find(|stack| !sound(*stack));
        match (unsound, self.root.first()) {
            (None, Some(root)) => Ok(root),
            (unsound, _) => {
                let at = unsound
                    .map(|(_, stack)| stack.at.clone())
                    .unwrap_or_default();
                Err(SandboxError::Place { at })
            }
        }
    }
}

/// Become root in a user namespace that was made by this user and group, as its parent namespace
/// knows them, and let no more be made in it. In one of its own a program could do what it may not in
/// ours: mount a `/proc` to which root may write, as far as the caller is root, since the host's own is
/// covered but not gone.
fn become_root(uid: u32, gid: u32) -> Vec<Step> {
    let write = |path: &CStr, value: &str| Step::Write(path.to_owned(), constant(value));
    vec![
        write(c"/proc/self/setgroups", "deny"),
        write(c"/proc/self/uid_map", &format!("0 {uid} 1\n")),
        write(c"/proc/self/gid_map", &format!("0 {gid} 1\n")),
        Step::Write(MAX_USER_NAMESPACES.to_owned(), constant("0\n")),
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
    ])
}

/// Mount one stack on a host path.
fn mount_stack(
    stack: &Stack,
    method: Method,
    target: &Utf8Path,
) -> Result<Vec<Step>, SandboxError> {
    if method == Method::Copy || stack.layers.is_empty() {
        return Ok(vec![Step::Bind(
            text(stack.upper.as_str())?,
            text(target.as_str())?,
        )]);
    }
    overlay(stack, target)
}

/// overlayfs takes its directories as one string of at most a page, and shows that string to
/// whoever reads `/proc/mounts`. So it gets them as numbers of open files, in the directory that
/// lists those: short whatever the store's path is, and the same on every machine.
pub(super) fn overlay(stack: &Stack, target: &Utf8Path) -> Result<Vec<Step>, SandboxError> {
    let directories = stack.layers.iter().chain([&stack.upper, &stack.work]);
    let mut steps = directories
        .map(|path| Ok(Step::Open(text(path.as_str())?)))
        .collect::<Result<Vec<_>, SandboxError>>()?;
    steps.extend([
        Step::Enter(constant("/proc/self/fd")),
        Step::Mount {
            kind: constant("overlay"),
            target: text(target.as_str())?,
            flags: MsFlags::empty(),
            options: constant(&overlay_options(stack.layers.len())),
        },
        Step::CloseFiles,
    ]);
    Ok(steps)
}

/// Options for layers that are open as descriptors 3 and up, lowest first, then upper and work.
/// `volatile` spares every sync: the upper layer does not outlive the machine.
fn overlay_options(layers: usize) -> String {
    let lower: Vec<String> = (3..3 + layers).rev().map(|fd| fd.to_string()).collect();
    let (upper, work) = (3 + layers, 4 + layers);
    let lower = lower.join(":");
    format!("userxattr,volatile,lowerdir={lower},upperdir={upper},workdir={work}")
}

/// `/proc`, `/dev` and `/tmp`.
fn system_mounts() -> Vec<Step> {
    let quiet = MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
    let tmp = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
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
    let pts = mount(
        "devpts",
        "dev/pts",
        quiet,
        "newinstance,ptmxmode=0666,mode=0620",
    );
    steps.push(Step::Try(Box::new(pts)));
    steps.push(mount("tmpfs", "tmp", tmp, "mode=1777"));
    steps
}

/// Mount `/proc`.
///
/// It is read-only: where the caller is root, files of the whole machine in it are the program's
/// own. Only processes that the program may trace are in it, so process 1, which has the builder's
/// memory and command line, is not.
pub(super) fn mount_proc(target: &Utf8Path) -> Step {
    let flags = MsFlags::MS_RDONLY | MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount("proc", target.as_str(), flags, "hidepid=ptraceable")
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

fn limits(limits: &Limits) -> Vec<Step> {
    let core = Some((Resource::RLIMIT_CORE, 0));
    let files = Some((Resource::RLIMIT_NOFILE, limits.open_files));
    let stack = Some((Resource::RLIMIT_STACK, limits.stack));
    let memory = limits
        .address_space
        .map(|bytes| (Resource::RLIMIT_AS, bytes));
    let file = limits
        .file_size
        .map(|bytes| (Resource::RLIMIT_FSIZE, bytes));
    [core, files, stack, memory, file]
        .into_iter()
        .flatten()
        .map(|(r, value)| limit(r, value))
        .collect()
}

/// A limit that does not exceed the caller's own hard limit, which cannot be raised.
fn limit(resource: Resource, value: u64) -> Step {
    let hard = getrlimit(resource).map_or(value, |(_, hard)| hard.min(value));
    Step::Limit(resource, hard, hard)
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
