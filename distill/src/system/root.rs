//! The contents of a root file system, as data.

use std::fmt::Write as _;
use std::panic::Location;

use super::account::Accounts;
use crate::package::Package;
use crate::plan::{
    AbsPath, Action, Input, Literal, Merge, Mode, Name, PathSet, Pick, Plan, RelPath,
};

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
    /// Where the recipe says so.
    pub location: &'static Location<'static>,
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
        for each in &self.permissions {
            let (path, mode) = (escaped(each.path.as_str()), each.mode.bits());
            let _ = writeln!(text, "{path} m {mode:o} {} {}", each.uid, each.gid);
        }
        text
    }

    /// An empty tree, which can be made only if each of the permissions names something that is there:
    /// in `tree`, which holds everything that the root file system holds. What makes an image has it among its
    /// inputs, so that a permission of nothing fails with the line that asks for it. There is none if all of them
    /// are for files that the system writes itself.
    pub fn named_in(&self, tree: &Plan) -> Option<Plan> {
        let foreign = self
            .permissions
            .iter()
            .filter(|each| !self.writes(&each.path));
        let picked = foreign.map(|each| pick(tree, each)).enumerate();
        let inputs: Vec<Input<_>> = picked
            .map(|(number, picked)| Input {
                at: AbsPath::new(format!("/{number}")).expect("a number"),
                of: picked.into(),
            })
            .collect();
        let all = Plan::named(name()).action(Action::Merge(Merge {
            inputs: inputs.clone(),
        }));
        let nothing = Action::Pick(Pick {
            tree: all.into(),
            include: PathSet::default(),
            exclude: PathSet::new(["**"]).expect("a constant"),
        });
        (!inputs.is_empty()).then(|| Plan::named(name()).action(nothing))
    }

    /// Whether the system itself writes something at `path`, or below it.
    fn writes(&self, path: &RelPath) -> bool {
        let mut paths = self.files.0.keys();
        paths.any(|file| file == path || file.ancestors().any(|above| above == path.as_str()))
    }
}

fn name() -> Name {
    Name::new("permission").expect("a constant")
}

/// What a permission is for.
fn pick(tree: &Plan, permission: &Permission) -> Plan {
    let plan = Plan::named(name()).location(permission.location);
    match PathSet::new([globset::escape(permission.path.as_str())]) {
        Ok(include) => plan.action(Action::Pick(Pick {
            tree: tree.clone().into(),
            include,
            exclude: PathSet::default(),
        })),
        Err(error) => plan.invalid(error.to_string()),
    }
}

/// mksquashfs takes what follows a backslash as it is: white space, quotes, the `#` of a comment.
fn escaped(path: &str) -> String {
    let plain =
        |char: char| !char.is_ascii() || char.is_ascii_alphanumeric() || "-_./".contains(char);
    let escape = |char| if plain(char) { "" } else { "\\" };
    path.chars()
        .map(|char| format!("{}{char}", escape(char)))
        .collect()
}
