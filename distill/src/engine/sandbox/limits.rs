//! Resource limits: every one that a program can ask for is set, so that it does not depend on the
//! caller's. What the caller's own hard limits do not allow is refused: a program that meets another
//! limit than the one that was promised may make something else.

use std::fmt;

use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};

use super::step::Step;

/// Resource limits of a program and everything it starts: soft and hard ones alike. All that are not
/// named here have fixed values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// File descriptors of one process.
    pub open_files: u64,
    /// Bytes of stack of one process. It decides how long a command line may be, too.
    pub stack: u64,
    /// Bytes of address space of one process, if limited.
    pub address_space: Option<u64>,
    /// Bytes of one file, if limited.
    pub file_size: Option<u64>,
}

impl Default for Limits {
    /// What a fresh Linux system gives its users: 1024 files, 8 MiB of stack, no other limit.
    fn default() -> Self {
        Self {
            open_files: 1024,
            stack: 8 << 20,
            address_space: None,
            file_size: None,
        }
    }
}

/// A limit of the caller's that is lower than what a program is promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LowLimit {
    row: Row,
    hard: u64,
}

/// One limit: which, its value, and how messages name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row {
    resource: Resource,
    value: u64,
    name: &'static str,
    /// The option of the shells' `ulimit`, and the bytes of its unit.
    option: char,
    unit: u64,
}

const fn row(
    resource: Resource,
    value: u64,
    name: &'static str,
    (option, unit): (char, u64),
) -> Row {
    Row {
        resource,
        value,
        name,
        option,
        unit,
    }
}

/// Those that do not depend on [`Limits`]. Numbers are what a fresh Linux system has, or less where
/// that depends on the size of its memory.
const FIXED: [Row; 12] = [
    row(Resource::RLIMIT_CORE, 0, "size of core dumps", ('c', 512)),
    row(
        Resource::RLIMIT_CPU,
        RLIM_INFINITY,
        "processor time",
        ('t', 1),
    ),
    row(
        Resource::RLIMIT_DATA,
        RLIM_INFINITY,
        "size of data",
        ('d', 1024),
    ),
    row(
        Resource::RLIMIT_RSS,
        RLIM_INFINITY,
        "resident memory",
        ('m', 1024),
    ),
    row(
        Resource::RLIMIT_LOCKS,
        RLIM_INFINITY,
        "file locks",
        ('x', 1),
    ),
    row(
        Resource::RLIMIT_RTTIME,
        RLIM_INFINITY,
        "real-time processor time",
        ('R', 1),
    ),
    row(Resource::RLIMIT_NPROC, 4096, "processes", ('u', 1)),
    row(
        Resource::RLIMIT_MEMLOCK,
        64 << 10,
        "locked memory",
        ('l', 1024),
    ),
    row(
        Resource::RLIMIT_SIGPENDING,
        1024,
        "pending signals",
        ('i', 1),
    ),
    row(
        Resource::RLIMIT_MSGQUEUE,
        819_200,
        "message queues",
        ('q', 1),
    ),
    row(Resource::RLIMIT_NICE, 0, "priority", ('e', 1)),
    row(Resource::RLIMIT_RTPRIO, 0, "real-time priority", ('r', 1)),
];

impl Limits {
    fn rows(&self) -> Vec<Row> {
        let infinity = |value: Option<u64>| value.unwrap_or(RLIM_INFINITY);
        let mut rows = vec![
            row(
                Resource::RLIMIT_NOFILE,
                self.open_files,
                "open files",
                ('n', 1),
            ),
            row(Resource::RLIMIT_STACK, self.stack, "stack", ('s', 1024)),
            row(
                Resource::RLIMIT_AS,
                infinity(self.address_space),
                "address space",
                ('v', 1024),
            ),
            row(
                Resource::RLIMIT_FSIZE,
                infinity(self.file_size),
                "size of a file",
                ('f', 512),
            ),
        ];
        rows.extend(FIXED);
        rows
    }

    /// The steps that set them.
    pub(super) fn steps(&self) -> Vec<Step> {
        let step = |row: Row| Step::Limit(row.resource, row.value);
        self.rows().into_iter().map(step).collect()
    }

    /// The first one that the caller's own hard limits forbid.
    pub fn check(&self) -> Result<(), LowLimit> {
        for row in self.rows() {
            let (_, hard) = getrlimit(row.resource).unwrap_or((0, RLIM_INFINITY));
            if hard < row.value {
                return Err(LowLimit { row, hard });
            }
        }
        Ok(())
    }
}

impl LowLimit {
    /// What is wrong, without what to do about it.
    pub(super) fn problem(&self) -> String {
        let text = |value: u64| match value {
            RLIM_INFINITY => "none".to_owned(),
            value => value.to_string(),
        };
        let Self { row, hard } = self;
        format!(
            "the limit on {} is {} here, but builds are promised {}",
            row.name,
            text(*hard),
            text(row.value)
        )
    }

    /// What to do about it.
    pub(super) fn hint(&self) -> String {
        let Row { option, unit, .. } = self.row;
        let value = match self.row.value {
            RLIM_INFINITY => "unlimited".to_owned(),
            value => value.div_ceil(unit).to_string(),
        };
        format!(
            "start from a shell in which `ulimit -H{option}` says {value} or more; what lowered it is \
             a `ulimit -H{option}` before, /etc/security/limits.conf, or the unit of a service"
        )
    }
}

impl fmt::Display for LowLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\nhint: {}", self.problem(), self.hint())
    }
}

impl std::error::Error for LowLimit {}
