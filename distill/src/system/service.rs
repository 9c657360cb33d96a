//! Services: what is started at boot, as data with s6-rc's names for the fields.

use std::panic::Location;
use std::time::Duration;

use super::file::{File, Owner};
use super::kind::{Kind, Longrun, Oneshot, Readiness, Signal};
use super::unix::{Group, User};
use crate::package::kconfig::Fragment;
use crate::package::{Package, Script};
use crate::plan::Mode;

/// That a service was given what services of its kind do not have: it is found when the system is put together.
#[derive(Debug, Clone)]
pub struct Misuse {
    /// The method that has no effect.
    pub method: &'static str,
    /// Where the recipe calls it.
    pub location: &'static Location<'static>,
}

/// Which services are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// The service of this name, which has to exist.
    Name(String),
    /// The service of this name, if there is one.
    Optional(String),
    /// All services whose names match, perhaps none: `net.*`.
    Glob(String),
}

/// That a service starts when others are ready.
#[derive(Debug, Clone)]
pub struct After {
    /// The others.
    pub what: Pattern,
    /// Where the recipe says so.
    pub location: &'static Location<'static>,
}

/// A directory on writable ground that a service needs: made before it starts.
///
/// ```
/// use distill::system::{Directory, Owner};
///
/// let state = Directory::new("/var/lib/chrony").mode(0o700).owner(Owner::new("chrony", "chrony"));
/// # let _ = state;
/// ```
#[derive(Debug, Clone)]
pub struct Directory {
    /// The absolute path.
    pub path: String,
    /// Its permission bits.
    pub mode: Mode,
    /// Whose it is.
    pub owner: Owner,
    /// Where the recipe says so.
    pub location: &'static Location<'static>,
}

impl Directory {
    /// A directory of root's with mode 0755.
    #[track_caller]
    pub fn new(path: impl Into<String>) -> Directory {
        let location = Location::caller();
        Directory {
            path: path.into(),
            mode: Mode::DIR,
            owner: Owner::root(),
            location,
        }
    }

    /// The same with other permission bits.
    pub fn mode(self, bits: u32) -> Directory {
        Directory {
            mode: Mode::new(bits),
            ..self
        }
    }

    /// The same, belonging to someone else than root.
    pub fn owner(self, owner: Owner) -> Directory {
        Directory { owner, ..self }
    }
}

/// A service: what is started at boot, and everything that it needs.
///
/// ```
/// use distill::execline;
/// use distill::package::Words;
/// use distill::system::{Service, User};
/// # fn memcached_package(_: &distill::package::Config) -> Vec<distill::plan::Plan> { vec![] }
///
/// /// memcached, run as its own user.
/// fn memcached(args: impl Into<Words>) -> Service {
///     let args = args.into();
///     Service::longrun("memcached", execline! {
///         fdmove -c 2 1
///         memcached -u memcached #{args}
///     })
///     .package(memcached_package)
///     .user(User::system("memcached"))
///     .ready_when_started()
/// }
/// # memcached(["-m", "64"]);
/// ```
///
/// Every field is public, so that a service can be derived from another one.
#[derive(Debug, Clone)]
pub struct Service {
    /// The name: letters, digits and `+-._~`.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// What it starts after.
    pub after: Vec<After>,
    /// What lies in the root file system on its behalf.
    pub packages: Vec<Package>,
    /// Files of its own.
    pub files: Vec<File>,
    /// The users that it needs.
    pub users: Vec<User>,
    /// The groups that it needs.
    pub groups: Vec<Group>,
    /// Directories that are made before it starts.
    pub directories: Vec<Directory>,
    /// Other paths that it writes.
    pub writes: Vec<String>,
    /// Directories that can be written once it is ready, such as `/var`.
    pub provides: Vec<String>,
    /// The TCP and UDP ports that it listens on, such as `tcp/22`.
    pub listens: Vec<String>,
    /// Options that the kernel must have.
    pub kernel: Vec<Fragment>,
    /// What is wrong with its configuration, if anything: what [`Service::invalid`] was given.
    pub problems: Vec<String>,
    /// What it was given that a service of its kind does not have.
    pub misuses: Vec<Misuse>,
    /// How long it may take until it is ready; for ever, if nothing is said.
    pub timeout_up: Option<Duration>,
    /// How long it may take to end before it is killed; see [`Service::timeout_down`].
    pub timeout_down: Option<Duration>,
    /// Where the recipe says so.
    pub location: &'static Location<'static>,
}

impl Service {
    #[track_caller]
    fn new(name: impl Into<String>, kind: Kind) -> Service {
        Service {
            name: name.into(),
            kind,
            after: Vec::new(),
            packages: Vec::new(),
            files: Vec::new(),
            users: Vec::new(),
            groups: Vec::new(),
            directories: Vec::new(),
            writes: Vec::new(),
            provides: Vec::new(),
            listens: Vec::new(),
            kernel: Vec::new(),
            problems: Vec::new(),
            misuses: Vec::new(),
            timeout_up: None,
            timeout_down: None,
            location: Location::caller(),
        }
    }

    /// A daemon; `run` ends by becoming it, in the foreground.
    #[track_caller]
    pub fn longrun(name: impl Into<String>, run: impl Into<Script>) -> Service {
        Service::new(
            name,
            Kind::Longrun(Longrun {
                run: run.into(),
                ..Longrun::default()
            }),
        )
    }

    /// A script that runs once.
    #[track_caller]
    pub fn oneshot(name: impl Into<String>, up: impl Into<Script>) -> Service {
        Service::new(
            name,
            Kind::Oneshot(Oneshot {
                up: up.into(),
                ..Oneshot::default()
            }),
        )
    }

    /// A name for several services: what comes after it comes after all of them.
    #[track_caller]
    pub fn bundle<N: Into<String>>(
        name: impl Into<String>,
        contents: impl IntoIterator<Item = N>,
    ) -> Service {
        Service::new(
            name,
            Kind::Bundle(contents.into_iter().map(Into::into).collect()),
        )
    }

    /// The same, with everything in it defined at `location`: for what is made on behalf of a line of somebody else's.
    pub fn at(mut self, location: &'static Location<'static>) -> Service {
        self.location = location;
        let after = self.after.iter_mut().map(|after| &mut after.location);
        let files = self.files.iter_mut().map(|file| &mut file.location);
        let users = self.users.iter_mut().map(|user| &mut user.location);
        let groups = self.groups.iter_mut().map(|group| &mut group.location);
        let directories = self
            .directories
            .iter_mut()
            .map(|directory| &mut directory.location);
        let misuses = self.misuses.iter_mut().map(|misuse| &mut misuse.location);
        after
            .chain(files)
            .chain(users)
            .chain(groups)
            .chain(directories)
            .chain(misuses)
            .for_each(|place| *place = location);
        self
    }

    #[track_caller]
    fn comes_after(mut self, what: Pattern) -> Service {
        self.after.push(After {
            what,
            location: Location::caller(),
        });
        self
    }

    /// The same, started when `name` is ready.
    #[track_caller]
    pub fn after(self, name: impl Into<String>) -> Service {
        self.comes_after(Pattern::Name(name.into()))
    }

    /// The same, started when `name` is ready, if the system has such a service.
    #[track_caller]
    pub fn after_if_present(self, name: impl Into<String>) -> Service {
        self.comes_after(Pattern::Optional(name.into()))
    }

    /// The same, started when all services are ready whose names match, such as `net.*`.
    #[track_caller]
    pub fn after_all(self, glob: impl Into<String>) -> Service {
        self.comes_after(Pattern::Glob(glob.into()))
    }

    /// The same with another package in the root file system.
    pub fn package(mut self, package: impl Into<Package>) -> Service {
        self.packages.push(package.into());
        self
    }

    /// The same with another file.
    pub fn file(mut self, file: File) -> Service {
        self.files.push(file);
        self
    }

    /// The same with another user.
    pub fn user(mut self, user: User) -> Service {
        self.users.push(user);
        self
    }

    /// The same with another group.
    pub fn group(mut self, group: Group) -> Service {
        self.groups.push(group);
        self
    }

    /// The same with a directory that is made before it starts.
    pub fn directory(mut self, directory: Directory) -> Service {
        self.directories.push(directory);
        self
    }

    /// The same, writing another path.
    pub fn writes(mut self, path: impl Into<String>) -> Service {
        self.writes.push(path.into());
        self
    }

    /// The same; once it is ready, what lies below `path` can be written.
    pub fn provides(mut self, path: impl Into<String>) -> Service {
        self.provides.push(path.into());
        self
    }

    /// The same, listening on a port of all addresses (`tcp/22`) or of one (`udp/127.0.0.1:53`,
    /// `tcp/[::1]:53`). No two services may listen on the same.
    pub fn listens(mut self, port: impl Into<String>) -> Service {
        self.listens.push(port.into());
        self
    }

    /// The same, listening on all of these: see [`Service::listens`].
    pub fn ports<P: Into<String>>(mut self, ports: impl IntoIterator<Item = P>) -> Service {
        self.listens.extend(ports.into_iter().map(Into::into));
        self
    }

    /// The same, for a kernel that has these options. A platform that says what its kernel has
    /// ([`Platform::kernel_options`](super::Platform::kernel_options)) is held against it.
    ///
    /// ```
    /// use distill::execline;
    /// use distill::kconfig;
    /// use distill::system::Service;
    ///
    /// let vpn = Service::oneshot("vpn", execline! { ip link add wg0 type wireguard })
    ///     .kernel(kconfig! { "vpn": WIREGUARD=y });
    /// # let _ = vpn;
    /// ```
    pub fn kernel(mut self, options: Fragment) -> Service {
        self.kernel.push(options);
        self
    }

    /// The same, with something in its configuration that cannot be: a phrase that begins with the
    /// option's name. It is found when the system is put together.
    pub fn invalid(mut self, problem: impl Into<String>) -> Service {
        self.problems.push(problem.into());
        self
    }

    /// The same, with all of these in its configuration that cannot be: see [`Service::invalid`].
    pub fn problems<P: Into<String>>(mut self, problems: impl IntoIterator<Item = P>) -> Service {
        self.problems.extend(problems.into_iter().map(Into::into));
        self
    }

    /// The same with a limit on how long it may take until it is ready. A script that takes longer
    /// has failed; a daemon is started again.
    pub fn timeout_up(self, limit: Duration) -> Service {
        Service {
            timeout_up: Some(limit),
            ..self
        }
    }

    /// The same with a limit on how long it may take to end: 10 s at shutdown, if nothing is said.
    /// After that a daemon is killed, and a script's `down` too.
    pub fn timeout_down(self, limit: Duration) -> Service {
        Service {
            timeout_down: Some(limit),
            ..self
        }
    }

    /// The same with a change to what only daemons have. For anything else it is a mistake, which is found when
    /// the system is put together.
    #[track_caller]
    pub fn update_longrun(self, update: impl FnOnce(&mut Longrun)) -> Service {
        self.longrun_only("update_longrun", update)
    }

    #[track_caller]
    fn longrun_only(mut self, method: &'static str, update: impl FnOnce(&mut Longrun)) -> Service {
        match &mut self.kind {
            Kind::Longrun(longrun) => update(longrun),
            Kind::Oneshot(_) | Kind::Bundle(_) => self.misused(method),
        }
        self
    }

    #[track_caller]
    fn misused(&mut self, method: &'static str) {
        let location = Location::caller();
        self.misuses.push(Misuse { method, location });
    }

    /// The same; `finish` runs whenever the daemon has ended.
    #[track_caller]
    pub fn finish(self, finish: impl Into<Script>) -> Service {
        self.longrun_only("finish", |longrun| longrun.finish = Some(finish.into()))
    }

    /// The same, ready when the daemon writes a line to a file descriptor (3 or above).
    #[track_caller]
    pub fn notification_fd(self, fd: u32) -> Service {
        self.longrun_only("notification_fd", |longrun| {
            longrun.readiness = Readiness::NotificationFd(fd);
        })
    }

    /// The same, ready as soon as the daemon's program runs.
    #[track_caller]
    pub fn ready_when_started(self) -> Service {
        self.longrun_only("ready_when_started", |longrun| {
            longrun.readiness = Readiness::Started;
        })
    }

    /// The same, ready when `check` succeeds; it is tried every 200 ms until it does.
    #[track_caller]
    pub fn ready_when(self, check: impl Into<Script>) -> Service {
        let readiness = Readiness::Check(check.into(), Duration::from_millis(200));
        self.longrun_only("ready_when", |longrun| longrun.readiness = readiness)
    }

    /// The same, its output read by another service, which says [`Service::consumer_for`].
    #[track_caller]
    pub fn producer_for(self, consumer: impl Into<String>) -> Service {
        self.longrun_only("producer_for", |longrun| {
            longrun.producer_for = Some(consumer.into());
        })
    }

    /// The same, reading another service's output, which says [`Service::producer_for`].
    #[track_caller]
    pub fn consumer_for(self, producer: impl Into<String>) -> Service {
        self.longrun_only("consumer_for", |longrun| {
            longrun.consumer_for.push(producer.into());
        })
    }

    /// The same, told to end by another signal than SIGTERM.
    #[track_caller]
    pub fn down_signal(self, signal: Signal) -> Service {
        self.longrun_only("down_signal", |longrun| longrun.down_signal = Some(signal))
    }

    /// The same with another number of deaths that are remembered (at most 4096).
    #[track_caller]
    pub fn max_death_tally(self, tally: u32) -> Service {
        self.longrun_only("max_death_tally", |longrun| {
            longrun.max_death_tally = Some(tally);
        })
    }

    /// The same, run as another user than root from the beginning: a daemon, or both scripts of one that runs
    /// once. If it says that it [listens](Service::listens) on a port below 1024, it may do that, too
    /// ([`Platform::capsh`](super::Platform::capsh)).
    #[track_caller]
    pub fn run_as(mut self, user: impl Into<String>) -> Service {
        match &mut self.kind {
            Kind::Longrun(longrun) => longrun.run_as = Some(user.into()),
            Kind::Oneshot(oneshot) => oneshot.run_as = Some(user.into()),
            Kind::Bundle(_) => self.misused("run_as"),
        }
        self
    }

    /// The same; `down` runs at shutdown, if the script succeeded at boot.
    #[track_caller]
    pub fn down(mut self, down: impl Into<Script>) -> Service {
        match &mut self.kind {
            Kind::Oneshot(oneshot) => oneshot.down = Some(down.into()),
            Kind::Longrun(_) | Kind::Bundle(_) => self.misused("down"),
        }
        self
    }

    /// What only daemons have, if it is one.
    pub fn as_longrun(&self) -> Option<&Longrun> {
        match &self.kind {
            Kind::Longrun(longrun) => Some(longrun),
            Kind::Oneshot(_) | Kind::Bundle(_) => None,
        }
    }

    /// The user that it runs as, if it is not root from the beginning.
    pub fn user_name(&self) -> Option<&str> {
        match &self.kind {
            Kind::Longrun(longrun) => longrun.run_as.as_deref(),
            Kind::Oneshot(oneshot) => oneshot.run_as.as_deref(),
            Kind::Bundle(_) => None,
        }
        .filter(|user| *user != "root")
    }

    /// Whether it becomes ready at some time.
    pub fn becomes_ready(&self) -> bool {
        self.as_longrun()
            .is_none_or(|longrun| !matches!(longrun.readiness, Readiness::Unknown))
    }
}
