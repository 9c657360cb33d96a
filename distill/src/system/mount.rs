//! What is mounted before anything else.

use crate::package::Words;

/// A file system that `/init` mounts.
///
/// ```
/// use distill::system::Mount;
///
/// let roomy = Mount::new("tmpfs", "/tmp").options("nosuid,nodev,mode=1777,size=75%");
/// # let _ = roomy;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The kernel's name for its kind.
    pub kind: String,
    /// Where.
    pub at: String,
    /// Options with commas between them.
    pub options: String,
}

impl Mount {
    /// A file system of some kind at `at`.
    pub fn new(kind: impl Into<String>, at: impl Into<String>) -> Mount {
        Mount {
            kind: kind.into(),
            at: at.into(),
            options: "nosuid,nodev,noexec".to_owned(),
        }
    }

    /// The same with other options than `nosuid,nodev,noexec`.
    pub fn options(self, options: impl Into<String>) -> Mount {
        Mount {
            options: options.into(),
            ..self
        }
    }

    /// What every machine has. Processes of other users are hidden from all but root, and what lies
    /// in memory is limited to a share of it.
    pub fn standard() -> Vec<Mount> {
        vec![
            Mount::new("proc", "/proc").options("nosuid,nodev,noexec,hidepid=2"),
            Mount::new("sysfs", "/sys"),
            Mount::new("devtmpfs", "/dev").options("nosuid,noexec,mode=0755"),
            Mount::new("devpts", "/dev/pts").options("nosuid,noexec,gid=5,mode=0620,ptmxmode=0666"),
            Mount::new("tmpfs", "/dev/shm").options("nosuid,nodev,noexec,mode=1777,size=25%"),
            Mount::new("tmpfs", "/run").options("nosuid,nodev,mode=0755,size=25%"),
            Mount::new("tmpfs", "/tmp").options("nosuid,nodev,mode=1777,size=25%"),
        ]
    }

    /// The command that mounts it.
    pub(super) fn command(&self) -> Words {
        let Mount { kind, at, options } = self;
        Words::new().with(["mount", "-t", kind, "-o", options, kind, at])
    }
}
