//! A system on a platform: what its root file system holds, or everything that is wrong with it.

use std::collections::BTreeMap;
use std::panic::Location;

use super::account::Accounts;
use super::composition::System;
use super::file::{File, FileNode, Owner, Text};
use super::finding::{Finding, Problem, SystemError};
use super::graph::Graph;
use super::platform::Platform;
use super::root::{Permission, Root};
use super::service::{Directory, Service};
use super::unix::User;
use super::{
    EXECLINEB, Init, clock, first_boot, ground, init, kernel, kinds, listen, s6, s6_rc, skeleton,
    sysctl, wiring,
};
use crate::execline;
use crate::package::script::ExpandError;
use crate::package::{Config, Package, Shebang};
use crate::plan::{AbsPath, Contents, Literal, LiteralNode, Mode, Plan, RelPath};

impl Platform {
    /// The root file system of `system` on this platform, or everything that is wrong with it.
    pub fn root(&self, system: &System) -> Result<Root, SystemError> {
        compose(self, system)
    }

    /// The image of `system` on this platform.
    pub fn image(&self, system: &System) -> Result<Plan, SystemError> {
        Ok(self.image.make(self, &self.root(system)?))
    }
}

impl Platform {
    /// The TCP ports that services of `system` listen on here, on all addresses.
    ///
    /// ```
    /// use distill::execline;
    /// # use distill::plan::{Name, Plan};
    /// use distill::system::{ImageMaker, Platform, Service, System};
    ///
    /// # let image = ImageMaker::new(|_, _| Plan::named(Name::new("image").unwrap()).invalid("none"));
    /// # let config = distill::package::Config::new(distill::package::Target::new(
    /// #     distill::package::Arch::X86_64, "x86_64-linux-musl"));
    /// # let platform = Platform::new("board", config, image);
    /// let web = Service::longrun("web", execline! { httpd -f }).ports(["tcp/80", "tcp/127.0.0.1:81", "udp/53"]);
    /// assert_eq!(platform.tcp_ports(&System::new().service(web)), [80]);
    /// ```
    pub fn tcp_ports(&self, system: &System) -> Vec<u16> {
        listen::open_tcp_ports(&services(self, system))
    }
}

/// Puts a system on a platform.
fn compose(platform: &Platform, system: &System) -> Result<Root, SystemError> {
    let services = services(platform, system);
    let (graph, mut findings) = Graph::new(&services);
    findings.extend(wiring::check(&graph));
    findings.extend(kinds::check(&services));
    findings.extend(listen::check(&graph));
    findings.extend(listen::check_rights(platform, &graph));
    let (accounts, wrong) = accounts(platform, &services, system);
    findings.extend(wrong);
    findings.extend(host_name(system));
    findings.extend(first_day(system));
    findings.extend(system.sysctl.check());
    findings.extend(ground::check(platform, &graph));
    findings.extend(kernel::check(platform, &graph));

    let covered = ground::covered(platform, &graph);
    let mut root = Builder::new(&platform.config, accounts, covered, findings);
    for service in graph.services() {
        root.check_accounts(service);
    }
    let skeleton = skeleton::files(&root.accounts, system.hostname.as_deref());
    root.add_all("the system", skeleton);
    root.add_boot(platform, system, &graph, &services);
    for service in &services {
        root.add_all(&service.name, service.files.clone());
    }
    root.add_all("the boot", first_boot::programs(&services));
    root.add_all(&platform.name, placed(&platform.files));
    root.add_all("the system", placed(&system.files));
    for over in &system.permissions {
        root.override_permission(&over.file);
    }
    let packages = packages(platform, &services, system);
    root.finish(platform, &system.init, packages)
}

/// All services: the platform's, those that the system is given without being asked, the system's own, and
/// their loggers.
fn services(platform: &Platform, system: &System) -> Vec<Service> {
    // In a container, kernel parameters are the host's.
    let sysctl = sysctl::service("sysctl", &system.sysctl).filter(|_| !platform.container);
    let own = sysctl.into_iter().chain(homes(system));
    let own = own.chain(copies(platform, system));
    let named = platform.services.iter().cloned();
    let named = named.chain(own).chain(system.services.iter().cloned());
    system.loggers.apply(named)
}

/// All users and groups, and what is wrong with them.
fn accounts(
    platform: &Platform,
    services: &[Service],
    system: &System,
) -> (Accounts, Vec<Finding>) {
    let users = services.iter().flat_map(|service| &service.users);
    let groups = services.iter().flat_map(|service| &service.groups);
    Accounts::new(
        platform.users.iter().chain(users).chain(&system.users),
        platform.groups.iter().chain(groups).chain(&system.groups),
    )
}

/// All packages, in the order of platform, services, system.
fn packages(platform: &Platform, services: &[Service], system: &System) -> Vec<Package> {
    let own = services.iter().flat_map(|service| &service.packages);
    let has_low_port = services
        .iter()
        .any(|service| listen::low_port(service).is_some());
    let capsh = platform.capsh.iter().filter(|_| has_low_port);
    let all = platform.packages.iter().chain(capsh).chain(own);
    all.chain(&system.packages).cloned().collect()
}

/// The files that lie where they say, from the beginning.
fn placed(files: &[File]) -> impl Iterator<Item = File> {
    files.iter().filter(|file| !file.first_boot).cloned()
}

/// A service that copies files of the platform and of the system to writable ground.
fn copies(platform: &Platform, system: &System) -> Option<Service> {
    let files = platform.files.iter().chain(&system.files);
    let files: Vec<File> = files.filter(|file| file.first_boot).cloned().collect();
    let location = files.first()?.location;
    let after = Service::oneshot("first-boot", execline! { true }).after_if_present("var-mount");
    Some(Service {
        files,
        location,
        ..after
    })
}

/// A service that makes the home directories that lie on writable ground.
fn homes(system: &System) -> Option<Service> {
    let people = system
        .users
        .iter()
        .filter(|user| ground::lies_below(&user.home, "/var"));
    let home = |user: &User| Directory {
        path: user.home.clone(),
        mode: Mode::new(0o700),
        owner: Owner::new(&user.name, user.group_name()),
        location: user.location,
    };
    let directories: Vec<Directory> = people.map(home).collect();
    let after = Service::oneshot("home", execline! { true }).after_if_present("var-mount");
    (!directories.is_empty()).then_some(Service {
        directories,
        ..after
    })
}

fn host_name(system: &System) -> Option<Finding> {
    let name = system.hostname.clone()?;
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let inner = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    let good = edge(name.chars().next())
        && edge(name.chars().last())
        && name.chars().all(inner)
        && name.len() <= 64;
    (!good).then(|| Finding::new(Problem::HostName { name }, system.location))
}

fn first_day(system: &System) -> Option<Finding> {
    let day = system.not_before.clone()?;
    let none = clock::seconds(&day).is_none();
    none.then(|| Finding::new(Problem::Day { day }, system.location))
}

/// A file of the host's that is not there: better told now, with the recipe's line, than in the middle of a build.
fn unreadable(owner: &str, file: &File) -> Option<Problem> {
    let FileNode::Regular(_, Text::Contents(Contents::Local(local))) = &file.node else {
        return None;
    };
    let error = std::fs::File::open(local).err()?;
    Some(Problem::NoFile {
        owner: owner.to_owned(),
        path: file.path.clone(),
        file: local.to_string(),
        why: error.to_string(),
    })
}

/// A root file system in the making.
struct Builder<'a> {
    config: &'a Config,
    accounts: Accounts,
    /// What is another file system when the machine runs.
    covered: Vec<&'a str>,
    findings: Vec<Finding>,
    files: Literal,
    defined: BTreeMap<RelPath, &'static Location<'static>>,
    permissions: BTreeMap<RelPath, Permission>,
}

impl<'a> Builder<'a> {
    fn new(
        config: &'a Config,
        accounts: Accounts,
        covered: Vec<&'a str>,
        findings: Vec<Finding>,
    ) -> Builder<'a> {
        Builder {
            config,
            accounts,
            covered,
            findings,
            files: Literal::default(),
            defined: BTreeMap::new(),
            permissions: BTreeMap::new(),
        }
    }

    fn found(&mut self, problem: Problem, location: &'static Location<'static>) {
        self.findings.push(Finding::new(problem, location));
    }

    /// Whether the users and groups exist that a service names.
    fn check_accounts(&mut self, service: &Service) {
        if let Some(problem) = service
            .user_name()
            .and_then(|u| self.accounts.check_user(u, &service.name))
        {
            self.found(problem, service.location);
        }
        for directory in &service.directories {
            for problem in self.accounts.check_owner(&directory.owner, &directory.path) {
                self.found(problem, directory.location);
            }
        }
    }

    /// Adds what starts the services.
    fn add_boot(
        &mut self,
        platform: &Platform,
        system: &System,
        graph: &Graph<'_>,
        services: &[Service],
    ) {
        let boot = init::Boot {
            init: system.init.clone(),
            mounts: platform.mounts.clone(),
            hostname: system.hostname.clone(),
            not_before: system.not_before.clone(),
            preboot: platform.preboot.clone(),
            container: platform.container,
        };
        self.add_all("the boot", init::files(&boot, graph));
        match &system.init {
            Init::S6 => {
                self.add_all("the boot", s6::programs());
                self.add_all("the services", s6::service_directories(graph));
            }
            Init::S6Rc(_) => {
                let reserved = s6_rc::check(services);
                if reserved.is_empty() {
                    self.add_all("the services", s6_rc::files(graph, services));
                }
                self.findings.extend(reserved);
            }
        }
    }

    fn add_all(&mut self, owner: &str, files: impl IntoIterator<Item = File>) {
        for file in files {
            self.add(owner, &file);
        }
    }

    /// Adds a file that `owner` asks for.
    fn add(&mut self, owner: &str, file: &File) {
        let Some(path) = self.path(owner, file) else {
            return;
        };
        if let Some(problem) = unreadable(owner, file) {
            self.found(problem, file.location);
        }
        let node = match self.node(file) {
            Ok(node) => node,
            Err(error) => {
                let (owner, script) = (owner.to_owned(), file.path.clone());
                return self.found(
                    Problem::Script {
                        owner,
                        script,
                        error,
                    },
                    file.location,
                );
            }
        };
        if let Some(first) = self.defined.get(&path) {
            let problem = Problem::SameFile {
                path: file.path.clone(),
                first,
            };
            return self.found(problem, file.location);
        }
        if file.owner.is_some() {
            self.permission(path.clone(), file);
        }
        self.defined.insert(path.clone(), file.location);
        self.files.0.insert(path, node);
    }

    /// The path at which the image has a file; nothing if it cannot be, which has been found then.
    fn path(&mut self, owner: &str, file: &File) -> Option<RelPath> {
        match self.checked_path(owner, file) {
            Ok(path) => Some(path),
            Err(problem) => {
                self.found(problem, file.location);
                None
            }
        }
    }

    fn checked_path(&self, owner: &str, file: &File) -> Result<RelPath, Problem> {
        let (owner, path) = (owner.to_owned(), file.path.clone());
        let relative = |path: &str| AbsPath::new(path).map(|path| path.relative());
        match relative(&path) {
            Err(error) => return Err(Problem::Path { owner, error }),
            Ok(None) => return Err(Problem::Root { owner }),
            Ok(Some(_)) if path.contains(char::is_control) => {
                return Err(Problem::Control { owner, path });
            }
            Ok(Some(_)) => {}
        }
        let is_below = |mount: &&&str| path != **mount && ground::lies_below(&path, mount);
        if !file.first_boot
            && let Some(mount) = self.covered.iter().find(is_below)
        {
            let mount = (*mount).to_owned();
            return Err(Problem::Covered { owner, path, mount });
        }
        match relative(&first_boot::place(file)) {
            Ok(place) => place.ok_or(Problem::Root { owner }),
            Err(error) => Err(Problem::Path { owner, error }),
        }
    }

    fn node(&self, file: &File) -> Result<LiteralNode, ExpandError> {
        Ok(match &file.node {
            FileNode::Dir(mode) => LiteralNode::Dir { mode: *mode },
            FileNode::Symlink(target) => LiteralNode::Symlink {
                target: target.clone(),
            },
            FileNode::Regular(mode, text) => LiteralNode::File {
                mode: *mode,
                contents: self.contents(text)?,
            },
        })
    }

    fn contents(&self, text: &Text) -> Result<Contents, ExpandError> {
        Ok(match text {
            Text::Contents(contents) => contents.clone(),
            Text::Computed(compute) => compute(self.config),
            Text::Script(script, positional) => {
                let execlineb = AbsPath::new(EXECLINEB).expect("a constant");
                let shebang = Shebang::new(execlineb).positional(*positional);
                shebang.file(&script.expand(self.config)?).into()
            }
        })
    }

    /// Notes what a system says of a path that somebody else brings.
    fn override_permission(&mut self, file: &File) {
        if let Some(path) = self.path("the system", file) {
            self.permission(path, file);
        }
    }

    /// Notes the owner and permission bits of a file, which the image has at `path`.
    fn permission(&mut self, path: RelPath, file: &File) {
        let owner = file.owner.clone().unwrap_or_else(Owner::root);
        for problem in self.accounts.check_owner(&owner, &file.path) {
            self.found(problem, file.location);
        }
        let mode = match file.node {
            FileNode::Regular(mode, _) => mode.unwrap_or(Mode::FILE),
            FileNode::Dir(mode) => mode,
            FileNode::Symlink(_) => Mode::new(0o777),
        };
        if let Some((uid, gid)) = self.accounts.ids(&owner) {
            self.permissions.insert(
                path.clone(),
                Permission {
                    path,
                    mode,
                    uid,
                    gid,
                    location: file.location,
                },
            );
        }
    }

    /// The root file system, if nothing is wrong.
    fn finish(
        self,
        platform: &Platform,
        init: &Init,
        mut packages: Vec<Package>,
    ) -> Result<Root, SystemError> {
        if !self.findings.is_empty() {
            let (platform, findings) = (platform.name.clone(), self.findings);
            return Err(SystemError { platform, findings });
        }
        if let Init::S6Rc(package) = init {
            packages.extend([package.clone(), s6_rc::compiled(&self.files, package)]);
        }
        Ok(Root {
            files: self.files,
            packages,
            permissions: self.permissions.into_values().collect(),
            accounts: self.accounts,
        })
    }
}
