//! Users and groups.

use std::panic::Location;

use crate::plan::Hash;

/// The ids that names are spread over: above those that other systems give out by hand, and inside
/// what a container's range of 65536 holds.
const IDS: std::ops::Range<u32> = 10_000..60_000;

/// The id of a name that has not been given one: the same in every system, whatever else is in it.
///
/// Files on `/var` outlive an image, so an id must not depend on which services there are or in
/// what order they stand.
fn derived_id(name: &str) -> u32 {
    let hash = Hash::of(format!("distill unix id\n{name}"));
    let bytes = hash.as_bytes().first_chunk().expect("a hash has 32 bytes");
    IDS.start + u32::from_be_bytes(*bytes) % (IDS.end - IDS.start)
}

/// A group.
#[derive(Debug, Clone)]
pub struct Group {
    /// The name.
    pub name: String,
    /// The id; derived from the name, if none is given.
    pub gid: Option<u32>,
    /// Where the recipe says so.
    pub location: &'static Location<'static>,
}

impl Group {
    /// A group with an id that is derived from its name.
    #[track_caller]
    pub fn new(name: impl Into<String>) -> Group {
        Group {
            name: name.into(),
            gid: None,
            location: Location::caller(),
        }
    }

    /// The same with an id of your choice.
    pub fn gid(self, gid: u32) -> Group {
        Group {
            gid: Some(gid),
            ..self
        }
    }

    /// The id that it will have.
    pub fn id(&self) -> u32 {
        self.gid.unwrap_or_else(|| derived_id(&self.name))
    }
}

/// Two of the same are no contradiction: services may share a group.
impl PartialEq for Group {
    fn eq(&self, other: &Group) -> bool {
        (&self.name, self.gid) == (&other.name, other.gid)
    }
}

/// A user. Nobody has a password.
///
/// ```
/// use distill::system::User;
///
/// let daemon = User::system("memcached");
/// let person = User::person("ada").in_groups(["log"]);
/// # let _ = (daemon, person);
/// ```
#[derive(Debug, Clone)]
pub struct User {
    /// The name.
    pub name: String,
    /// The id; derived from the name, if none is given.
    pub uid: Option<u32>,
    /// The group, by name; one with the user's own name and id, if none is given.
    pub group: Option<String>,
    /// Further groups, by name.
    pub groups: Vec<String>,
    /// The full name or a remark.
    pub comment: String,
    /// The home directory.
    pub home: String,
    /// What runs at login.
    pub shell: String,
    /// Where the recipe says so.
    pub location: &'static Location<'static>,
}

impl User {
    /// A user that a daemon runs as: no home, no shell, a group of its own.
    #[track_caller]
    pub fn system(name: impl Into<String>) -> User {
        User {
            name: name.into(),
            uid: None,
            group: None,
            groups: Vec::new(),
            comment: String::new(),
            home: "/".to_owned(),
            shell: "/usr/sbin/nologin".to_owned(),
            location: Location::caller(),
        }
    }

    /// A user who logs in; the home directory is below `/var/home`, where it lasts.
    #[track_caller]
    pub fn person(name: impl Into<String>) -> User {
        let name = name.into();
        let home = format!("/var/home/{name}");
        User {
            home,
            shell: "/bin/sh".to_owned(),
            ..User::system(name)
        }
    }

    /// The same with an id of your choice.
    pub fn uid(self, uid: u32) -> User {
        User {
            uid: Some(uid),
            ..self
        }
    }

    /// The same in a group that exists already, instead of one of its own.
    pub fn group(self, group: impl Into<String>) -> User {
        User {
            group: Some(group.into()),
            ..self
        }
    }

    /// The same in further groups.
    pub fn in_groups<G: Into<String>>(mut self, groups: impl IntoIterator<Item = G>) -> User {
        self.groups.extend(groups.into_iter().map(Into::into));
        self
    }

    /// The same with another home directory.
    pub fn home(self, home: impl Into<String>) -> User {
        User {
            home: home.into(),
            ..self
        }
    }

    /// The same with another login shell.
    pub fn shell(self, shell: impl Into<String>) -> User {
        User {
            shell: shell.into(),
            ..self
        }
    }

    /// The id that it will have.
    pub fn id(&self) -> u32 {
        self.uid.unwrap_or_else(|| derived_id(&self.name))
    }

    /// The name of its group.
    pub fn group_name(&self) -> &str {
        self.group.as_deref().unwrap_or(&self.name)
    }

    /// The group that comes with it, if it has one of its own.
    pub fn own_group(&self) -> Option<Group> {
        let (name, gid, location) = (self.name.clone(), Some(self.id()), self.location);
        self.group.is_none().then_some(Group {
            name,
            gid,
            location,
        })
    }
}

/// Two of the same are no contradiction: services may share a user.
impl PartialEq for User {
    fn eq(&self, other: &User) -> bool {
        let all = |user: &User| {
            let User {
                name,
                uid,
                group,
                groups,
                comment,
                home,
                shell,
                location: _,
            } = user.clone();
            (name, uid, group, groups, comment, home, shell)
        };
        all(self) == all(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_what_they_were() {
        // On disks in use: a change here makes files change hands.
        let ids = ["sshd", "kmsg-log", "memcached"].map(|name| User::system(name).id());
        insta::assert_debug_snapshot!(ids);
    }

    #[test]
    fn an_own_group_has_the_id_of_its_user() {
        let pinned = User::system("x").uid(7);
        assert_eq!(pinned.own_group().unwrap().id(), 7);
        assert_eq!(
            User::system("x").own_group().unwrap().id(),
            Group::new("x").id()
        );
        assert_eq!(User::system("x").group("log").own_group(), None);
    }
}
