//! The contents of a root file system, as data.

use std::fmt::Write as _;

use super::account::Accounts;
use crate::package::Package;
use crate::plan::{Literal, Mode, RelPath};

/// The permission bits and ids of a path that is not simply root's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// The path below the root.
    pub path: RelPath,
    /// Its permission bits.
    pub mode: Mode,
    /// The user's id.
    pub uid: u32,
    /// The group's id.
    pub gid: u32,
}

/// Everything that a root file system holds.
#[derive(Debug, Clone)]
pub struct Root {
    /// Files that the system writes itself, whoever asked for them.
    pub files: Literal,
    /// What packages bring, in the order of platform, services, system.
    pub packages: Vec<Package>,
    /// What is not simply root's.
    pub permissions: Vec<Permission>,
    /// All users and groups.
    pub accounts: Accounts,
}

impl Root {
    /// The permissions as mksquashfs reads them (`-pf`): `path m mode uid gid`, one a line.
    pub fn pseudo_file(&self) -> String {
        let mut text = String::new();
        for Permission {
            path,
            mode,
            uid,
            gid,
        } in &self.permissions
        {
            let escaped = path.as_str().replace('\\', "\\\\").replace(' ', "\\ ");
            let _ = writeln!(text, "{escaped} m {:o} {uid} {gid}", mode.bits());
        }
        text
    }
}
