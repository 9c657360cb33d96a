//! The root file system of a system on a platform, as data.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::panic::Location;

use super::account::Accounts;
use super::composition::System;
use super::file::{File, FileNode, Owner, Text};
use super::finding::{Finding, Problem, SystemError};
use super::graph::Graph;
use super::platform::Platform;
use super::service::{Directory, Service};
use super::unix::User;
use super::{EXECLINEB, Init, init, kernel, s6, s6_rc, skeleton, sysctl};
use crate::execline;
use crate::package::script::ExpandError;
use crate::package::{Config, Package, Shebang};
use crate::plan::{AbsPath, Contents, Literal, LiteralNode, Mode, RelPath};

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

/// Puts a system on a platform.
pub(super) fn compose(platform: &Platform, system: &System) -> Result<Root, SystemError> {
    // In a container, they are the host's.
    let own = sysctl::service("sysctl", &system.sysctl).filter(|_| !platform.container);
    let own: Vec<Service> = own.into_iter().chain(homes(system)).collect();
    let services = platform
        .services
        .iter()
        .chain(&own)
        .chain(&system.services)
        .cloned();
    let services = system.loggers.apply(services);
    let (graph, mut findings) = Graph::new(&services);

    let users = services.iter().flat_map(|service| &service.users);
    let groups = services.iter().flat_map(|service| &service.groups);
    let (accounts, wrong) = Accounts::new(
        platform.users.iter().chain(users).chain(&system.users),
        platform.groups.iter().chain(groups).chain(&system.groups),
    );
    findings.extend(wrong);
    findings.extend(host_name(platform, system));
    findings.extend(
        system
            .sysctl
            .problems()
            .map(|p| Finding::new(p, platform.location)),
    );
    findings.extend(Ground::new(platform, &graph).check());
    findings.extend(kernel::check(platform, &graph));

    let mut root = Builder::new(&platform.config, accounts, findings);
    for service in graph.services() {
        root.check_accounts(service);
    }
    root.add_all(
        "the system",
        skeleton::files(&root.accounts, system.hostname.as_deref()),
    );
    let boot = init::Boot {
        init: system.init.clone(),
        mounts: platform.mounts.clone(),
        hostname: system.hostname.clone(),
        preboot: platform.preboot.clone(),
        container: platform.container,
    };
    root.add_all("the boot", init::files(&boot, &graph));
    match &system.init {
        Init::S6 => {
            root.add_all("the boot", s6::programs());
            root.add_all("the services", s6::service_directories(&graph));
        }
        Init::S6Rc(_) => {
            let reserved = s6_rc::check(&services);
            if reserved.is_empty() {
                root.add_all("the services", s6_rc::files(&graph, &services));
            }
            root.findings.extend(reserved);
        }
    }
    for service in &services {
        root.add_all(&service.name, service.files.clone());
    }
    root.add_all(&platform.name, platform.files.clone());
    root.add_all("the system", system.files.clone());
    for over in &system.permissions {
        root.permission(&over.file);
    }
    let packages = services.iter().flat_map(|service| &service.packages);
    let packages = platform
        .packages
        .iter()
        .chain(packages)
        .chain(&system.packages);
    let init = match &system.init {
        Init::S6 => Vec::new(),
        Init::S6Rc(package) => vec![package.clone(), s6_rc::compiled(&root.files, package)],
    };
    root.finish(platform, packages.cloned().chain(init).collect())
}

/// A service that makes the home directories that lie on writable ground.
fn homes(system: &System) -> Option<Service> {
    let people = system
        .users
        .iter()
        .filter(|user| lies_below(&user.home, "/var"));
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

fn host_name(platform: &Platform, system: &System) -> Option<Finding> {
    let name = system.hostname.clone()?;
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let inner = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    let good = edge(name.chars().next())
        && edge(name.chars().last())
        && name.chars().all(inner)
        && name.len() <= 64;
    (!good).then(|| Finding::new(Problem::HostName { name }, platform.location))
}

/// What can be written, and from when on.
struct Ground<'g, 'a> {
    graph: &'g Graph<'a>,
    /// From the beginning.
    always: Vec<&'g str>,
    /// When the service is ready.
    provided: Vec<(&'a str, &'a str)>,
}

impl<'g, 'a> Ground<'g, 'a> {
    fn new(platform: &'g Platform, graph: &'g Graph<'a>) -> Ground<'g, 'a> {
        let always = ["/run", "/tmp", "/dev/shm"].into_iter();
        let provided = graph.services().flat_map(|service| {
            service
                .provides
                .iter()
                .map(|path| (path.as_str(), service.name.as_str()))
        });
        Ground {
            graph,
            always: always
                .chain(platform.writable.iter().map(String::as_str))
                .collect(),
            provided: provided.collect(),
        }
    }

    fn check(&self) -> Vec<Finding> {
        self.graph
            .services()
            .flat_map(|service| self.check_service(service))
            .collect()
    }

    fn check_service(&self, service: &'a Service) -> Vec<Finding> {
        let plain = service
            .writes
            .iter()
            .map(|path| (path.as_str(), service.location));
        let made = service
            .directories
            .iter()
            .map(|dir| (dir.path.as_str(), dir.location));
        let before = self.graph.all_before(&service.name);
        let finding = |(path, location): (&str, _)| {
            if self.always.iter().any(|base| lies_below(path, base)) {
                return None;
            }
            let provider = self
                .provided
                .iter()
                .find(|(base, _)| lies_below(path, base));
            let (service_name, path) = (service.name.clone(), path.to_owned());
            let problem = match provider {
                Some((_, name)) if before.contains(name) || *name == service.name => return None,
                Some((_, name)) => Problem::NotYetWritable {
                    service: service_name,
                    path,
                    provider: (*name).to_owned(),
                },
                None => {
                    let provided = self.provided.iter().map(|(base, _)| *base);
                    let writable = self.always.iter().copied().chain(provided);
                    let writable = writable.map(str::to_owned).collect();
                    Problem::ReadOnly {
                        service: service_name,
                        path,
                        writable,
                    }
                }
            };
            Some(Finding::new(problem, location))
        };
        plain.chain(made).filter_map(finding).collect()
    }
}

fn lies_below(path: &str, base: &str) -> bool {
    path.strip_prefix(base)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A root file system in the making.
struct Builder<'a> {
    config: &'a Config,
    accounts: Accounts,
    findings: Vec<Finding>,
    files: Literal,
    defined: BTreeMap<RelPath, &'static Location<'static>>,
    permissions: BTreeMap<RelPath, Permission>,
}

impl Builder<'_> {
    fn new(config: &Config, accounts: Accounts, findings: Vec<Finding>) -> Builder<'_> {
        Builder {
            config,
            accounts,
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
        let run_as = service
            .as_longrun()
            .and_then(|longrun| longrun.run_as.as_ref());
        if let Some(problem) = run_as.and_then(|u| self.accounts.check_user(u, &service.name)) {
            self.found(problem, service.location);
        }
        for directory in &service.directories {
            for problem in self.accounts.check_owner(&directory.owner, &directory.path) {
                self.found(problem, directory.location);
            }
        }
    }

    fn add_all(&mut self, owner: &str, files: Vec<File>) {
        for file in files {
            self.add(owner, &file);
        }
    }

    /// Adds a file that `owner` asks for.
    fn add(&mut self, owner: &str, file: &File) {
        let Some(path) = self.path(owner, file) else {
            return;
        };
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
            self.permission(file);
        }
        self.defined.insert(path.clone(), file.location);
        self.files.0.insert(path, node);
    }

    fn path(&mut self, owner: &str, file: &File) -> Option<RelPath> {
        let relative = AbsPath::new(file.path.as_str()).map(|path| path.relative());
        match relative {
            Ok(path) => path,
            Err(error) => {
                let owner = owner.to_owned();
                self.found(Problem::Path { owner, error }, file.location);
                None
            }
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

    /// Notes the owner and permission bits of a file.
    fn permission(&mut self, file: &File) {
        let Some(path) = self.path("the system", file) else {
            return;
        };
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
                },
            );
        }
    }

    /// The root file system, if nothing is wrong.
    fn finish(self, platform: &Platform, packages: Vec<Package>) -> Result<Root, SystemError> {
        if !self.findings.is_empty() {
            let (platform, findings) = (platform.name.clone(), self.findings);
            return Err(SystemError { platform, findings });
        }
        Ok(Root {
            files: self.files,
            packages,
            permissions: self.permissions.into_values().collect(),
            accounts: self.accounts,
        })
    }
}
