//! Files of a system: what lies at a path of the root, and whose it is.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use crate::package::script::Positional;
use crate::package::{Config, Script};
use crate::plan::{Contents, Mode};

/// A user and a group, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The user.
    pub user: String,
    /// The group.
    pub group: String,
}

impl Owner {
    /// The user `user` and the group `group`.
    pub fn new(user: impl Into<String>, group: impl Into<String>) -> Owner {
        Owner {
            user: user.into(),
            group: group.into(),
        }
    }

    /// `root` and its group.
    pub fn root() -> Owner {
        Owner::new("root", "root")
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.user, self.group)
    }
}

/// What a file holds; some of it is known only when the config is.
#[derive(Clone)]
pub enum Text {
    /// Bytes.
    Contents(Contents),
    /// An executable script.
    Script(Script, Positional),
    /// Whatever the function returns.
    Computed(Arc<dyn Fn(&Config) -> Contents + Send + Sync>),
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Text::Contents(contents) => contents.fmt(f),
            Text::Script(script, _) => script.fmt(f),
            Text::Computed(_) => f.write_str("function of the config"),
        }
    }
}

/// What lies at a path.
#[derive(Debug, Clone)]
pub enum FileNode {
    /// A regular file; without a mode it is 0644, or what the local file has.
    Regular(Option<Mode>, Text),
    /// A directory.
    Dir(Mode),
    /// A symbolic link, and what it holds.
    Symlink(String),
}

/// A file, directory or link of the root file system.
///
/// ```
/// use distill::plan::Mode;
/// use distill::system::{File, Owner};
///
/// let motd = File::new("/etc/motd", "immutable, and proud of it\n");
/// let secret = File::new("/etc/chrony.keys", "1 MD5 …\n").mode(0o640).owner(Owner::new("root", "chrony"));
/// # let _ = (motd, secret);
/// ```
#[derive(Debug, Clone)]
pub struct File {
    /// The absolute path; it is checked when the system is.
    pub path: String,
    /// What lies there.
    pub node: FileNode,
    /// Whose it is; root's, if nobody is named.
    pub owner: Option<Owner>,
    /// Whether it is copied there when the machine starts: see [`File::on_first_boot`].
    pub first_boot: bool,
    /// Where the recipe says so.
    pub location: &'static Location<'static>,
}

impl File {
    #[track_caller]
    fn at(path: impl Into<String>, node: FileNode) -> File {
        File {
            path: path.into(),
            node,
            owner: None,
            first_boot: false,
            location: Location::caller(),
        }
    }

    /// A file with mode 0644.
    #[track_caller]
    pub fn new(path: impl Into<String>, contents: impl Into<Contents>) -> File {
        File::at(
            path,
            FileNode::Regular(None, Text::Contents(contents.into())),
        )
    }

    /// A file whose contents depend on the config.
    #[track_caller]
    pub fn computed<C: Into<Contents>>(
        path: impl Into<String>,
        contents: impl Fn(&Config) -> C + Send + Sync + 'static,
    ) -> File {
        let contents = Arc::new(move |config: &Config| contents(config).into());
        File::at(path, FileNode::Regular(None, Text::Computed(contents)))
    }

    /// An executable script, which is not given its arguments.
    #[track_caller]
    pub fn script(path: impl Into<String>, script: impl Into<Script>) -> File {
        File::script_with(path, Positional::Ignored, script)
    }

    /// An executable script with positional parameters.
    #[track_caller]
    pub fn script_with(
        path: impl Into<String>,
        positional: Positional,
        script: impl Into<Script>,
    ) -> File {
        let text = Text::Script(script.into(), positional);
        File::at(path, FileNode::Regular(Some(Mode::EXECUTABLE), text))
    }

    /// A directory with mode 0755.
    #[track_caller]
    pub fn dir(path: impl Into<String>) -> File {
        File::at(path, FileNode::Dir(Mode::DIR))
    }

    /// A symbolic link.
    #[track_caller]
    pub fn symlink(path: impl Into<String>, target: impl Into<String>) -> File {
        File::at(path, FileNode::Symlink(target.into()))
    }

    /// The same with other permission bits. A link has none.
    pub fn mode(mut self, bits: u32) -> File {
        match &mut self.node {
            FileNode::Regular(mode, _) => *mode = Some(Mode::new(bits)),
            FileNode::Dir(mode) => *mode = Mode::new(bits),
            FileNode::Symlink(_) => {}
        }
        self
    }

    /// The same, belonging to someone else than root.
    pub fn owner(self, owner: Owner) -> File {
        File {
            owner: Some(owner),
            ..self
        }
    }

    /// The same, for a place that the machine writes to, such as `/var`: it is copied there when the machine
    /// starts, with mode and owner, unless something lies there already. So what the machine makes of it lasts,
    /// also when a later image has another file.
    ///
    /// A file of a service is copied before the service starts, after all that it comes after. The files of a
    /// system and a platform are copied by the service `first-boot`.
    ///
    /// ```
    /// use distill::execline;
    /// use distill::system::{File, Owner, Service, User};
    ///
    /// let zones = File::new("/var/lib/names/zones", "example.org\n").owner(Owner::new("names", "names"));
    /// let names = Service::longrun("names", execline! { names --zones "/var/lib/names/zones" })
    ///     .user(User::system("names"))
    ///     .run_as("names")
    ///     .after("var-mount")
    ///     .file(zones.on_first_boot());
    /// # let _ = names;
    /// ```
    pub fn on_first_boot(self) -> File {
        File {
            first_boot: true,
            ..self
        }
    }
}
