//! Systems: what one machine does, independent of hardware.

use std::collections::BTreeSet;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use super::file::{File, Owner};
use super::init::Init;
use super::service::Service;
use super::sysctl::Sysctl;
use super::unix::{Group, User};
use crate::package::{Package, Packages};

/// Which service reads what a daemon writes.
#[derive(Clone)]
pub struct Loggers(Arc<dyn Fn(&Service) -> Option<Service> + Send + Sync>);

impl Loggers {
    /// The loggers that `choose` returns: given a daemon, a daemon that reads its output. Those
    /// without one share the catch-all logger. The two are connected here; `choose` need not say it.
    pub fn new(choose: impl Fn(&Service) -> Option<Service> + Send + Sync + 'static) -> Loggers {
        Loggers(Arc::new(choose))
    }

    /// No loggers.
    pub fn none() -> Loggers {
        Loggers::new(|_| None)
    }

    /// The same, but without a logger for the service `name`.
    pub fn except(self, name: impl Into<String>) -> Loggers {
        let name = name.into();
        Loggers::new(move |service| (service.name != name).then(|| (self.0)(service)).flatten())
    }

    /// `services` with a logger for each daemon that has no end of a pipeline yet. Of several with one name, which is a
    /// mistake, only the first one has a logger: the mistake is told once.
    pub(super) fn apply(&self, services: impl IntoIterator<Item = Service>) -> Vec<Service> {
        let mut names = BTreeSet::new();
        services
            .into_iter()
            .flat_map(|service| match names.insert(service.name.clone()) {
                true => self.with_logger(service),
                false => vec![service],
            })
            .collect()
    }

    fn with_logger(&self, service: Service) -> Vec<Service> {
        let free = service.as_longrun().is_some_and(|longrun| {
            longrun.producer_for.is_none() && longrun.consumer_for.is_empty()
        });
        let logger = free.then(|| (self.0)(&service)).flatten();
        match logger {
            Some(logger) => {
                let name = logger.name.clone();
                // Nobody wrote a line for it: what is wrong with it is wrong with its service.
                let logger = logger.consumer_for(&service.name).at(service.location);
                vec![service.producer_for(name), logger]
            }
            None => vec![service],
        }
    }
}

impl fmt::Debug for Loggers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Loggers")
    }
}

/// Other permissions or another owner for a path of the root file system, whoever made it.
#[derive(Debug, Clone)]
pub struct Override {
    /// A file with no contents of its own to say: only its path, mode and owner count.
    pub file: File,
}

/// What one machine does, independent of hardware.
///
/// ```
/// use distill::execline;
/// use distill::system::{File, Service, System, sysctl};
///
/// let system = System::new()
///     .hostname("web1")
///     .sysctl(sysctl::hardening())
///     .service(Service::oneshot("hello", execline! { echo "hello, console" }))
///     .file(File::new("/etc/motd", "immutable, and proud of it\n"));
/// assert_eq!(system.services.len(), 1);
/// ```
///
/// Every field is public, so that a system can be derived from another one.
#[derive(Debug, Clone)]
pub struct System {
    /// What is started at boot.
    pub services: Vec<Service>,
    /// What lies in the root file system.
    pub packages: Vec<Package>,
    /// Users beside those of the services.
    pub users: Vec<User>,
    /// Groups beside those of the services.
    pub groups: Vec<Group>,
    /// Files beside those of the services.
    pub files: Vec<File>,
    /// Other permissions for files of packages.
    pub permissions: Vec<Override>,
    /// The host name.
    pub hostname: Option<String>,
    /// A day that is over when the machine runs: see [`System::not_before`].
    pub not_before: Option<String>,
    /// Kernel parameters.
    pub sysctl: Sysctl,
    /// Which services read what daemons write.
    pub loggers: Loggers,
    /// What starts the services.
    pub init: Init,
    /// Where the recipe gives it its name, or begins with it.
    pub location: &'static Location<'static>,
}

impl Default for System {
    #[track_caller]
    fn default() -> System {
        System::new()
    }
}

impl System {
    /// A machine that does nothing.
    #[track_caller]
    pub fn new() -> System {
        System {
            services: Vec::new(),
            packages: Vec::new(),
            users: Vec::new(),
            groups: Vec::new(),
            files: Vec::new(),
            permissions: Vec::new(),
            hostname: None,
            not_before: None,
            sysctl: Sysctl::new(),
            loggers: Loggers::none(),
            init: Init::default(),
            location: Location::caller(),
        }
    }

    /// The same with another service.
    pub fn service(mut self, service: Service) -> System {
        self.services.push(service);
        self
    }

    /// The same with more services.
    pub fn services(mut self, services: impl IntoIterator<Item = Service>) -> System {
        self.services.extend(services);
        self
    }

    /// The same with a service in place of the one of its name, if there is one.
    pub fn replace(self, service: Service) -> System {
        self.without(&service.name).service(service)
    }

    /// The same with a change to the service `name`; without effect if there is none.
    pub fn update(mut self, name: &str, mut update: impl FnMut(Service) -> Service) -> System {
        let change = |service: Service| {
            if service.name == name {
                update(service)
            } else {
                service
            }
        };
        self.services = self.services.into_iter().map(change).collect();
        self
    }

    /// The same without the service `name`.
    pub fn without(mut self, name: &str) -> System {
        self.services.retain(|service| service.name != name);
        self
    }

    /// The same with another package in the root file system.
    pub fn package(mut self, package: impl Into<Package>) -> System {
        self.packages.push(package.into());
        self
    }

    /// The same with more packages in the root file system, such as `(curl, jq)`.
    pub fn packages(mut self, packages: impl Packages) -> System {
        self.packages.extend(packages.packages());
        self
    }

    /// The same with another user.
    pub fn user(mut self, user: User) -> System {
        self.users.push(user);
        self
    }

    /// The same with another group.
    pub fn group(mut self, group: Group) -> System {
        self.groups.push(group);
        self
    }

    /// The same with another file.
    pub fn file(mut self, file: File) -> System {
        self.files.push(file);
        self
    }

    /// The same with other permission bits and another owner for a path that a package brings.
    #[track_caller]
    pub fn permission(mut self, path: impl Into<String>, bits: u32, owner: Owner) -> System {
        let file = File::new(path, "").mode(bits).owner(owner);
        self.permissions.push(Override { file });
        self
    }

    /// The same with a host name.
    #[track_caller]
    pub fn hostname(self, name: impl Into<String>) -> System {
        System {
            hostname: Some(name.into()),
            location: Location::caller(),
            ..self
        }
    }

    /// The same; the machine takes it that it is this day at least, such as `2026-11-30`. A machine whose clock does
    /// not run without power begins in 1970, when no certificate was valid yet, and asks for the time over a network
    /// that may need one. The clock is set before anything looks at it; later, the time that was noted last on `/var`
    /// counts (`distill_services::note_time`), and NTP sets it back as well.
    ///
    /// If nothing is said, it is a day before which nobody can have made the image. The day on which it is built does
    /// not get into an image by itself: it would be another one every day.
    #[track_caller]
    pub fn not_before(self, day: impl Into<String>) -> System {
        System {
            not_before: Some(day.into()),
            location: Location::caller(),
            ..self
        }
    }

    /// The same with more kernel parameters; the last value wins.
    pub fn sysctl(self, sysctl: Sysctl) -> System {
        System {
            sysctl: self.sysctl.with(sysctl),
            ..self
        }
    }

    /// The same with other loggers.
    pub fn loggers(self, loggers: Loggers) -> System {
        System { loggers, ..self }
    }

    /// The same with something else that starts the services.
    pub fn init(self, init: Init) -> System {
        System { init, ..self }
    }
}
