//! What can be wrong with a system, found before anything is built.

use std::fmt;
use std::panic::Location;

use crate::package::kconfig::{Symbol, Value};
use crate::package::script::ExpandError;
use crate::plan::{NameError, PathError};

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum Problem {
    /// A service whose name cannot be one.
    #[error("a service cannot have its name: {0}")]
    Name(NameError),
    /// A path that cannot be one.
    #[error("`{owner}` has a file that cannot be: {error}")]
    Path { owner: String, error: PathError },
    /// The root, which is no file.
    #[error("`{owner}` has a file at `/`, which is the root itself\nhint: name a path below it")]
    Root { owner: String },
    /// A name that would end in the middle of it, wherever names stand in lines.
    #[error("`{owner}` has a file `{}`, whose name has a line break or another control character", .path.escape_debug())]
    Control { owner: String, path: String },
    /// A path that something is mounted over.
    #[error(
        "`{owner}` has `{path}`, which nobody would see: when the machine runs, `{mount}` is another file system\nhint: `.on_first_boot()` has a file copied there unless something is there already; `Service::directory` makes a directory"
    )]
    Covered {
        owner: String,
        path: String,
        mount: String,
    },
    /// A name that s6-rc keeps for itself.
    #[error("`{service}` has a name that s6-rc keeps for itself\nhint: choose another name")]
    Reserved { service: String },
    /// Two services of one name.
    #[error(
        "there is another service `{name}` ({first})\nhint: leave one of them out, or replace it with `System::replace`"
    )]
    SameService {
        name: String,
        first: &'static Location<'static>,
    },
    /// A service that nobody defines.
    #[error("`{service}` {relation} `{name}`, which is no service of this system{}", hint(.near.as_ref()))]
    UnknownService {
        service: String,
        relation: Relation,
        name: String,
        near: Option<String>,
    },
    /// A pattern over names that cannot be understood.
    #[error("`{service}` comes after the pattern `{pattern}`: {why}")]
    Pattern {
        service: String,
        pattern: String,
        why: String,
    },
    /// Services that wait for each other.
    #[error("these services wait for each other: {}\nhint: take an `after` out of the ring", .ring.join(" → "))]
    Cycle { ring: Vec<String> },
    /// A service that waits for a daemon which never says that it is ready.
    #[error(
        "`{service}` comes after `{name}` ({defined}), which never becomes ready\nhint: give `{name}` a `notification_fd`, `ready_when` (a check) or `ready_when_started`"
    )]
    NeverReady {
        service: String,
        name: String,
        defined: &'static Location<'static>,
    },
    /// A pipeline with an end missing.
    #[error(
        "`{service}` {relation} `{other}`, which does not say so too\nhint: `{other}` has to be a longrun with `{missing}(\"{service}\")`"
    )]
    Pipeline {
        service: String,
        relation: Relation,
        other: String,
        missing: &'static str,
    },
    /// A file descriptor that is taken.
    #[error(
        "`{service}` has the notification fd {fd}, which is standard input, output or error\nhint: use 3 or above"
    )]
    NotificationFd { service: String, fd: u32 },
    /// Something that services of its kind do not have.
    #[error("`{service}` is {kind}, which has no `{method}`\nhint: {hint}")]
    Misused {
        service: String,
        kind: &'static str,
        method: &'static str,
        hint: &'static str,
    },
    /// A limit for becoming ready, for a daemon that never says that it is.
    #[error(
        "`{service}` has a limit for becoming ready (`timeout_up`), and never says that it is\nhint: give it a `notification_fd`, `ready_when` (a check) or `ready_when_started`"
    )]
    NeverLate { service: String },
    /// Something in a service's configuration that cannot be.
    #[error("`{service}` cannot be configured like this: {why}")]
    Configuration { service: String, why: String },
    /// Two services that listen on one port.
    #[error(
        "`{service}` listens on {port}, as does `{first}` ({defined})\nhint: give one of them another port or address"
    )]
    SamePort {
        service: String,
        port: String,
        first: String,
        defined: &'static Location<'static>,
    },
    /// A port that only root may listen on, and nothing that lets somebody else.
    #[error(
        "`{service}` listens on {port} as `{user}`, which only root may, and `{platform}` has nothing that would let it\nhint: give the platform `.capsh(distill_packages::capsh)`, or use a port above 1023"
    )]
    LowPort {
        service: String,
        port: String,
        user: String,
        platform: String,
    },
    /// An option that the kernel has not.
    #[error(
        "`{service}` needs a kernel with {symbol}={wanted}, and that of `{platform}` has {symbol}={is}\nhint: give the platform a kernel with `{symbol}={wanted}`, with `Platform::kernel` and `kernel_options`"
    )]
    KernelOption {
        service: String,
        symbol: Symbol,
        wanted: Value,
        platform: String,
        is: Value,
    },
    /// A port that is none.
    #[error(
        "`{service}` listens on `{text}`, which is no port\nhint: write `tcp/22`, `udp/127.0.0.1:53` or `tcp/[::1]:53`"
    )]
    Port { service: String, text: String },
    /// A path that cannot be written.
    #[error(
        "`{service}` writes `{path}`, which lies on the read-only root\nhint: use a path below {}", .writable.join(", ")
    )]
    ReadOnly {
        service: String,
        path: String,
        writable: Vec<String>,
    },
    /// A path that can be written only later.
    #[error(
        "`{service}` writes `{path}` and does not come after `{provider}`, which makes it writable\nhint: add `.after(\"{provider}\")`"
    )]
    NotYetWritable {
        service: String,
        path: String,
        provider: String,
    },
    /// Two different users of one name.
    #[error(
        "there is another user `{name}`, with other properties ({first})\nhint: leave one of them out, or make them alike"
    )]
    SameUser {
        name: String,
        first: &'static Location<'static>,
    },
    /// Two groups of one name.
    #[error(
        "there is another group `{name}`, with another id ({first})\nhint: leave one of them out, or make them alike"
    )]
    SameGroup {
        name: String,
        first: &'static Location<'static>,
    },
    /// Two users or groups with one id.
    #[error(
        "the {kind} `{name}` has the id {id}, as has `{other}` ({first})\nhint: give one of them another id with `.{setter}(…)`, for example {free}"
    )]
    SameId {
        kind: &'static str,
        name: String,
        id: u32,
        other: String,
        first: &'static Location<'static>,
        setter: &'static str,
        free: u32,
    },
    /// A user or group that nobody defines.
    #[error("`{subject}` names the {kind} `{name}`, which does not exist{}", hint_account(.kind, .name, .near.as_ref()))]
    NoSuchAccount {
        subject: String,
        kind: &'static str,
        name: String,
        near: Option<String>,
    },
    /// A text that would break the user database.
    #[error("the {kind} `{name}` cannot stand in /etc/{file}: {why}")]
    Account {
        kind: &'static str,
        name: String,
        file: &'static str,
        why: &'static str,
    },
    /// Two files at one path.
    #[error("`{path}` is defined twice ({first})\nhint: leave one of them out")]
    SameFile {
        path: String,
        first: &'static Location<'static>,
    },
    /// A file of the host's that is not there, or cannot be read.
    #[error("`{path}` of `{owner}` is made of the file `{file}`, which cannot be read: {why}")]
    NoFile {
        owner: String,
        path: String,
        file: String,
        why: String,
    },
    /// A script that cannot be one.
    #[error("the script `{script}` of `{owner}` cannot be: {error}")]
    Script {
        owner: String,
        script: String,
        error: ExpandError,
    },
    /// A kernel parameter that cannot be set.
    #[error("the kernel parameter `{name}` cannot be: {why}")]
    Sysctl { name: String, why: &'static str },
    /// A day that there is not.
    #[error("`{day}` is no day from 1970 to 2099\nhint: write it as `2026-11-30`")]
    Day { day: String },
    /// A host name that cannot be one.
    #[error(
        "`{name}` cannot be a host name\nhint: use 1 to 64 letters, digits, `-` and `.`, beginning and ending with a letter or digit"
    )]
    HostName { name: String },
}

/// How one service names another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// It starts after it.
    After,
    /// It writes to it.
    ProducerFor,
    /// It reads from it.
    ConsumerFor,
    /// It is a bundle that has it.
    Contains,
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Relation::After => "comes after",
            Relation::ProducerFor => "is a producer for",
            Relation::ConsumerFor => "is a consumer for",
            Relation::Contains => "contains",
        })
    }
}

fn hint(near: Option<&String>) -> String {
    near.map(|near| format!("\nhint: did you mean `{near}`?"))
        .unwrap_or_default()
}

fn hint_account(kind: &str, name: &str, near: Option<&String>) -> String {
    match (near, kind) {
        (Some(_), _) => hint(near),
        (None, "group") => format!("\nhint: add `.group(Group::new(\"{name}\"))`"),
        (None, _) => format!("\nhint: add `.user(User::system(\"{name}\"))`"),
    }
}

/// Something wrong, and the line of the recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub problem: Problem,
    /// Where the recipe says so.
    pub location: &'static Location<'static>,
}

impl Finding {
    /// `problem`, found at `location`.
    pub(super) fn new(problem: Problem, location: &'static Location<'static>) -> Finding {
        Finding { problem, location }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {}",
            self.location.file(),
            self.location.line(),
            self.problem
        )
    }
}

impl std::error::Error for Finding {}

/// Everything that is wrong with a system on a platform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot make the root of `{platform}`{}", list(.findings))]
pub struct SystemError {
    /// The platform's name.
    pub platform: String,
    /// What was found, never nothing.
    pub findings: Vec<Finding>,
}

fn list(findings: &[Finding]) -> String {
    findings
        .iter()
        .map(|finding| format!("\n{finding}"))
        .collect()
}
