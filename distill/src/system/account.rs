//! All users and groups of a system, with their ids.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::panic::Location;

use super::file::Owner;
use super::finding::{Finding, Problem};
use super::unix::{Group, User};
use crate::plan::nearest;

/// All users and groups of a system, by name.
#[derive(Debug, Clone, Default)]
pub struct Accounts {
    users: BTreeMap<String, User>,
    groups: BTreeMap<String, Group>,
}

/// The users that every system has.
fn base_users() -> [User; 3] {
    let root = User::system("root").uid(0).home("/root").shell("/bin/sh");
    let catchlog = User::system("catchlog").uid(99);
    let nobody = User::system("nobody").uid(65534);
    [root, catchlog, nobody]
}

/// The groups that every system has beside those of its users: terminals, and who may read logs.
fn base_groups() -> [Group; 2] {
    [Group::new("tty").gid(5), Group::new("log").gid(98)]
}

impl Accounts {
    /// The accounts of every system, and these; and everything that is wrong with them.
    pub(super) fn new<'a>(
        users: impl IntoIterator<Item = &'a User>,
        groups: impl IntoIterator<Item = &'a Group>,
    ) -> (Accounts, Vec<Finding>) {
        let (mut accounts, mut findings) = (Accounts::default(), Vec::new());
        base_groups()
            .iter()
            .for_each(|group| accounts.add_group(group, &mut findings));
        groups
            .into_iter()
            .for_each(|group| accounts.add_group(group, &mut findings));
        base_users()
            .iter()
            .for_each(|user| accounts.add_user(user, &mut findings));
        users
            .into_iter()
            .for_each(|user| accounts.add_user(user, &mut findings));
        accounts.check_ids(&mut findings);
        accounts.check_groups(&mut findings);
        (accounts, findings)
    }

    fn add_user(&mut self, user: &User, findings: &mut Vec<Finding>) {
        findings.extend(malformed_user(user));
        match self.users.get(&user.name) {
            Some(same) if same == user => return,
            Some(other) => {
                let (name, first) = (user.name.clone(), other.location);
                findings.push(Finding::new(
                    Problem::SameUser { name, first },
                    user.location,
                ));
                return;
            }
            None => {}
        }
        if let Some(group) = user.own_group() {
            self.add_group(&group, findings);
        }
        self.users.insert(user.name.clone(), user.clone());
    }

    fn add_group(&mut self, group: &Group, findings: &mut Vec<Finding>) {
        if let Some(why) = malformed_name(&group.name) {
            findings.push(malformed(
                "group",
                &group.name,
                "group",
                why,
                group.location,
            ));
        }
        match self.groups.get(&group.name) {
            Some(other) if other.id() != group.id() => {
                let (name, first) = (group.name.clone(), other.location);
                findings.push(Finding::new(
                    Problem::SameGroup { name, first },
                    group.location,
                ));
            }
            Some(_) => {}
            None => drop(self.groups.insert(group.name.clone(), group.clone())),
        }
    }

    fn check_ids(&self, findings: &mut Vec<Finding>) {
        let users = self
            .users
            .values()
            .map(|user| (user.name.as_str(), user.id(), user.location));
        same_ids("user", "uid", users, findings);
        let groups = self
            .groups
            .values()
            .map(|g| (g.name.as_str(), g.id(), g.location));
        let mut found = Vec::new();
        same_ids("group", "gid", groups, &mut found);
        // Where two users have one id, so have their groups: that is said once.
        let own = |name: &str| self.users.contains_key(name);
        found.retain(|finding| match &finding.problem {
            Problem::SameId { name, other, .. } => !(own(name) && own(other)),
            _ => true,
        });
        findings.extend(found);
    }

    fn check_groups(&self, findings: &mut Vec<Finding>) {
        for user in self.users.values() {
            for group in user.group.iter().chain(&user.groups) {
                if let Some(problem) = self.no_group(group, &user.name) {
                    findings.push(Finding::new(problem, user.location));
                }
            }
        }
    }

    fn no_group(&self, name: &str, subject: &str) -> Option<Problem> {
        let near = || nearest(name, self.groups.keys().map(String::as_str));
        (!self.groups.contains_key(name))
            .then(|| no_such("group", name, subject, near().map(str::to_owned)))
    }

    fn no_user(&self, name: &str, subject: &str) -> Option<Problem> {
        let near = || nearest(name, self.users.keys().map(String::as_str));
        (!self.users.contains_key(name))
            .then(|| no_such("user", name, subject, near().map(str::to_owned)))
    }

    /// What is wrong if `subject` names this user.
    pub(super) fn check_user(&self, name: &str, subject: &str) -> Option<Problem> {
        self.no_user(name, subject)
    }

    /// What is wrong if `subject` names this owner.
    pub(super) fn check_owner(&self, owner: &Owner, subject: &str) -> Vec<Problem> {
        let (user, group) = (
            self.no_user(&owner.user, subject),
            self.no_group(&owner.group, subject),
        );
        user.into_iter().chain(group).collect()
    }

    /// The ids of an owner; nothing if one of the two does not exist.
    pub fn ids(&self, owner: &Owner) -> Option<(u32, u32)> {
        Some((
            self.users.get(&owner.user)?.id(),
            self.groups.get(&owner.group)?.id(),
        ))
    }

    /// The users, by name.
    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    /// The groups, by name.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.values()
    }

    /// `/etc/passwd`, sorted by id. Nobody has a password, and nobody is locked either: keys work.
    pub fn passwd(&self) -> String {
        let mut users: Vec<&User> = self.users().collect();
        users.sort_by_key(|user| user.id());
        let mut text = String::new();
        for user in users {
            let User {
                name,
                comment,
                home,
                shell,
                ..
            } = user;
            let gid = self.groups.get(user.group_name()).map_or(65534, Group::id);
            let _ = writeln!(
                text,
                "{name}:*:{}:{gid}:{comment}:{home}:{shell}",
                user.id()
            );
        }
        text
    }

    /// `/etc/group`, sorted by id.
    pub fn group(&self) -> String {
        let mut groups: Vec<&Group> = self.groups().collect();
        groups.sort_by_key(|group| group.id());
        let mut text = String::new();
        for group in groups {
            let inside = |user: &&User| user.groups.contains(&group.name);
            let members: Vec<&str> = self
                .users()
                .filter(inside)
                .map(|u| u.name.as_str())
                .collect();
            let _ = writeln!(
                text,
                "{}:*:{}:{}",
                group.name,
                group.id(),
                members.join(",")
            );
        }
        text
    }
}

fn no_such(kind: &'static str, name: &str, subject: &str, near: Option<String>) -> Problem {
    Problem::NoSuchAccount {
        subject: subject.to_owned(),
        kind,
        name: name.to_owned(),
        near,
    }
}

fn same_ids<'a>(
    kind: &'static str,
    setter: &'static str,
    accounts: impl Iterator<Item = (&'a str, u32, &'static Location<'static>)>,
    findings: &mut Vec<Finding>,
) {
    let mut by_id: BTreeMap<u32, (&str, &'static Location<'static>)> = BTreeMap::new();
    let mut doubles = Vec::new();
    for (name, id, location) in accounts {
        match by_id.get(&id) {
            Some((other, first)) => doubles.push((name, id, location, *other, *first)),
            None => drop(by_id.insert(id, (name, location))),
        }
    }
    for (name, id, location, other, first) in doubles {
        let (name, other) = (name.to_owned(), other.to_owned());
        let free = (id.max(100)..u32::MAX)
            .find(|id| !by_id.contains_key(id))
            .unwrap_or(id);
        let problem = Problem::SameId {
            kind,
            name,
            id,
            other,
            first,
            setter,
            free,
        };
        findings.push(Finding::new(problem, location));
    }
}

fn malformed(
    kind: &'static str,
    name: &str,
    file: &'static str,
    why: &'static str,
    location: &'static Location<'static>,
) -> Finding {
    Finding::new(
        Problem::Account {
            kind,
            name: name.to_owned(),
            file,
            why,
        },
        location,
    )
}

fn malformed_name(name: &str) -> Option<&'static str> {
    let first = name
        .chars()
        .next()
        .is_some_and(|c| c.is_ascii_lowercase() || c == '_');
    let rest = name
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c));
    if !first || !rest {
        return Some(
            "a name consists of lower-case letters, digits, `_` and `-`, not beginning with a digit or `-`",
        );
    }
    (name.len() > 32).then_some("a name has at most 32 letters")
}

fn malformed_user(user: &User) -> Option<Finding> {
    let fields = [&user.comment, &user.home, &user.shell];
    let why = match malformed_name(&user.name) {
        Some(why) => why,
        None if fields.iter().any(|field| field.contains([':', '\n'])) => {
            "its comment, home or shell has a colon or line break"
        }
        None => return None,
    };
    Some(malformed("user", &user.name, "passwd", why, user.location))
}
