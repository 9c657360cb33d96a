//! The steps that make a sandbox, as data: prepared by the caller, carried out by the child.

use std::ffi::{CStr, CString};
use std::fmt;

use nix::mount::MsFlags;
use nix::sys::resource::Resource;

/// One thing that the child does with a system call or two.
///
/// Relative paths are relative to the new root, which is the working directory at that time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Die when the process that waits for this child dies. It is named by its id, since it may
    /// already be dead, in which case this step ends the child.
    FollowParent(i32),
    /// Put the three standard streams in their places.
    Streams,
    /// Close every descriptor except for the standard streams.
    CloseFiles,
    /// Write a text to an existing file.
    Write(CString, CString),
    /// Set the file creation mask.
    Umask(u32),
    /// Set the host name.
    Hostname(CString),
    /// Set the name of the NIS domain, which `uname` gives, too.
    Domainname(CString),
    /// Leave the caller's session keyring for a new one.
    SessionKeyring,
    /// Switch the loopback interface on.
    Loopback,
    /// Forbid to gain privileges by executing a file.
    NoNewPrivileges,
    /// Open a directory. Descriptors come out in order, from 3.
    Open(CString),
    /// Change the working directory.
    Enter(CString),
    /// Mount a new file system of this type, on this path, with these options.
    Mount {
        kind: CString,
        target: CString,
        flags: MsFlags,
        options: CString,
    },
    /// Show a file or directory at a second place.
    Bind(CString, CString),
    /// Set attributes of the mount at this path.
    Attributes(CString, Attributes),
    /// Make a directory with this mode.
    Directory(CString, u32),
    /// Make an empty file.
    File(CString),
    /// Make a symbolic link: its text, its place.
    Link(CString, CString),
    /// Make a copy of the mounts from the working directory down, which no list of mounts has, and make
    /// its top the root.
    ChangeRoot,
    /// Set a resource limit, both the soft and the hard one.
    Limit(Resource, u64),
    /// Start a session without a terminal.
    Session,
    /// Make the terminal that is standard input that of this session.
    Terminal,
    /// Keep only these capabilities, a mask.
    Capabilities(u32),
    /// Load programs at the same addresses each time.
    FixedAddresses,
    /// Give every signal its default action, and block none.
    DefaultSignals,
    /// Have the kernel refuse system calls from now on.
    Filter,
    /// Do this if the kernel lets us; it makes no difference if not.
    Try(Box<Step>),
}

/// Attributes of a mount (`mount_setattr(2)`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attributes {
    /// Nothing can be changed in it. Devices can be written to all the same.
    ReadOnly,
    /// The same for it and all mounts in it.
    AllReadOnly,
    /// It can be written to again.
    Writable,
    /// Set-user-id bits and devices mean nothing in it.
    Plain,
}

impl Attributes {
    /// What to set and what to clear, `MOUNT_ATTR_…` of linux/mount.h.
    pub(super) fn bits(self) -> [u64; 2] {
        const RDONLY: u64 = 1;
        const NOSUID: u64 = 2;
        const NODEV: u64 = 4;
        match self {
            Self::ReadOnly | Self::AllReadOnly => [RDONLY, 0],
            Self::Writable => [0, RDONLY],
            Self::Plain => [NOSUID | NODEV, 0],
        }
    }

    /// Whether it is about the mounts inside, too.
    pub(super) fn is_recursive(self) -> bool {
        self == Self::AllReadOnly
    }
}

impl fmt::Display for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReadOnly => "ro",
            Self::AllReadOnly => "ro, and all in it",
            Self::Writable => "rw",
            Self::Plain => "nosuid,nodev",
        })
    }
}

impl fmt::Display for Step {
    /// What the step does, as a verb phrase for messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FollowParent(pid) => write!(f, "die with process {pid}"),
            Self::Streams => write!(f, "connect the standard streams"),
            Self::CloseFiles => write!(f, "close inherited files"),
            Self::Write(path, text) => write!(f, "write `{}` to `{}`", Text(text), Text(path)),
            Self::Umask(mask) => write!(f, "set the umask to {mask:03o}"),
            Self::Hostname(name) => write!(f, "set the host name to `{}`", Text(name)),
            Self::Domainname(name) => write!(f, "set the domain name to `{}`", Text(name)),
            Self::SessionKeyring => write!(f, "leave the session keyring"),
            Self::Loopback => write!(f, "switch the loopback interface on"),
            Self::NoNewPrivileges => write!(f, "give up gaining privileges"),
            Self::Open(path) => write!(f, "open directory `{}`", Text(path)),
            Self::Enter(path) => write!(f, "enter directory `{}`", Text(path)),
            Self::Mount {
                kind,
                target,
                flags,
                options,
            } => {
                write!(f, "mount {} on `{}`", Text(kind), Text(target))?;
                write!(f, " with `{}{}`", Flags(*flags), Text(options))
            }
            Self::Bind(from, to) => write!(f, "bind `{}` to `{}`", Text(from), Text(to)),
            Self::Attributes(path, attributes) => {
                write!(f, "make the mount on `{}` {attributes}", Text(path))
            }
            Self::Directory(path, mode) => {
                write!(f, "make directory `{}` with mode {mode:04o}", Text(path))
            }
            Self::File(path) => write!(f, "make file `{}`", Text(path)),
            Self::Link(to, path) => write!(f, "link `{}` to `{}`", Text(path), Text(to)),
            Self::ChangeRoot => write!(f, "change the root"),
            Self::Limit(which, u64::MAX) => write!(f, "set no limit {which:?}"),
            Self::Limit(which, value) => write!(f, "set limit {which:?} to {value}"),
            Self::Session => write!(f, "start a session"),
            Self::Terminal => write!(f, "take the terminal"),
            Self::Capabilities(mask) => write!(f, "keep capabilities {mask:#x} only"),
            Self::FixedAddresses => write!(f, "fix addresses"),
            Self::DefaultSignals => write!(f, "reset signals"),
            Self::Filter => write!(f, "filter system calls"),
            Self::Try(step) => write!(f, "{step}, if allowed"),
        }
    }
}

impl Step {
    /// What to look at when this step fails.
    pub(super) fn hint(&self) -> &'static str {
        match self {
            Self::Write(..)
            | Self::Hostname(_)
            | Self::Loopback
            | Self::Mount { .. }
            | Self::Attributes(..)
            | Self::ChangeRoot
            | Self::Filter => "\nhint: `doctor` says what this machine lacks and how to allow it",
            _ => "",
        }
    }
}

/// Mount flags as `mount -o` names them, each followed by a comma.
struct Flags(MsFlags);

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, _) in self.0.iter_names() {
            write!(
                f,
                "{},",
                name.trim_start_matches("MS_")
                    .to_lowercase()
                    .replace("rdonly", "ro")
            )?;
        }
        Ok(())
    }
}

/// The text of a path or option for people, on one line.
struct Text<'a>(&'a CStr);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.to_string_lossy().trim_end())
    }
}
