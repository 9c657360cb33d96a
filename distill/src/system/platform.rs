//! Platforms: what one kind of hardware, or one cloud, adds to a system.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use super::emulation::Emulation;
use super::file::File;
use super::form::ImageForm;
use super::mount::Mount;
use super::root::Root;
use super::service::Service;
use super::unix::{Group, User};
use crate::package::kconfig::Fragment;
use crate::package::{Config, Package, Script, Words};
use crate::plan::Plan;

/// Makes an image of a root file system for a platform.
#[derive(Clone)]
pub struct ImageMaker(Arc<dyn Fn(&Platform, &Root) -> Plan + Send + Sync>);

impl ImageMaker {
    /// The image maker that calls `make`.
    pub fn new(make: impl Fn(&Platform, &Root) -> Plan + Send + Sync + 'static) -> ImageMaker {
        ImageMaker(Arc::new(make))
    }

    /// The image of `root`, which was made for `platform`.
    pub(super) fn make(&self, platform: &Platform, root: &Root) -> Plan {
        (self.0)(platform, root)
    }
}

impl fmt::Debug for ImageMaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ImageMaker")
    }
}

/// What one kind of hardware, or one cloud, adds to a system.
///
/// Every field is public, so that a platform can be derived from another one:
/// `Platform { name: "droplet".into(), ..qemu_x86_64() }`.
#[derive(Debug, Clone)]
pub struct Platform {
    /// The name.
    pub name: String,
    /// What packages are built for and with.
    pub config: Config,
    /// The kernel, unless something else brings it.
    pub kernel: Option<Package>,
    /// The options that the kernel is known to have; the last of several values counts. What is not
    /// among them it has not; without them nothing is known.
    pub kernel_options: Option<Vec<Fragment>>,
    /// The kernel's command line.
    pub cmdline: Words,
    /// What lies in every root file system: at least execline and s6.
    pub packages: Vec<Package>,
    /// What lies in every root file system wherever nothing else has the same path: the programs of
    /// busybox give way to their larger siblings.
    pub fallback: Vec<Package>,
    /// libcap's `capsh`, which lets a daemon that is not root listen on a port below 1024. It lies in the root
    /// file systems that have such a daemon.
    pub capsh: Option<Package>,
    /// What is started beside the system's services.
    pub services: Vec<Service>,
    /// Users beside those of the services.
    pub users: Vec<User>,
    /// Groups beside those of the services.
    pub groups: Vec<Group>,
    /// Files beside those of the services.
    pub files: Vec<File>,
    /// What `/init` mounts, in this order.
    pub mounts: Vec<Mount>,
    /// What `/init` runs before it starts the services.
    pub preboot: Option<Script>,
    /// Directories that can be written from the beginning, beside `/run`, `/tmp` and `/dev/shm`.
    pub writable: Vec<String>,
    /// What makes the image.
    pub image: ImageMaker,
    /// In which forms the image can be had beside its own.
    pub forms: Vec<ImageForm>,
    /// How `run` imitates the hardware, if it can.
    pub emulation: Option<Emulation>,
    /// Whether kernel, devices and the network are another one's, as in a container: process 1 then
    /// ends instead of switching the machine off, and no kernel parameters are set.
    pub container: bool,
    /// Where the recipe stands.
    pub location: &'static Location<'static>,
}

impl Platform {
    /// A platform with nothing but what is named here, and the standard mounts.
    #[track_caller]
    pub fn new(name: impl Into<String>, config: Config, image: ImageMaker) -> Platform {
        Platform {
            name: name.into(),
            config,
            kernel: None,
            kernel_options: None,
            cmdline: Words::new(),
            packages: Vec::new(),
            fallback: Vec::new(),
            capsh: None,
            services: Vec::new(),
            users: Vec::new(),
            groups: Vec::new(),
            files: Vec::new(),
            mounts: Mount::standard(),
            preboot: None,
            writable: Vec::new(),
            image,
            forms: Vec::new(),
            emulation: None,
            container: false,
            location: Location::caller(),
        }
    }

    /// The same with another kernel, of whose options nothing is known: see
    /// [`Platform::kernel_options`].
    pub fn kernel(self, kernel: impl Into<Package>) -> Platform {
        Platform {
            kernel: Some(kernel.into()),
            kernel_options: None,
            ..self
        }
    }

    /// The same; the kernel is known to have these options, and no others that a service might need.
    /// A service that needs another one ([`Service::kernel`]) is a mistake then.
    pub fn kernel_options(self, options: impl IntoIterator<Item = Fragment>) -> Platform {
        Platform {
            kernel_options: Some(options.into_iter().collect()),
            ..self
        }
    }

    /// The same with more words on the kernel's command line.
    pub fn cmdline(self, words: impl Into<Words>) -> Platform {
        Platform {
            cmdline: self.cmdline.with(words),
            ..self
        }
    }

    /// The same with another package in the root file system.
    pub fn package(mut self, package: impl Into<Package>) -> Platform {
        self.packages.push(package.into());
        self
    }

    /// The same with another package that gives way to all others, path by path.
    pub fn fallback(mut self, package: impl Into<Package>) -> Platform {
        self.fallback.push(package.into());
        self
    }

    /// The same with what lets a daemon that is not root listen on a port below 1024: see
    /// [`Platform::capsh`].
    pub fn capsh(self, package: impl Into<Package>) -> Platform {
        Platform {
            capsh: Some(package.into()),
            ..self
        }
    }

    /// The same with more services.
    pub fn services(mut self, services: impl IntoIterator<Item = Service>) -> Platform {
        self.services.extend(services);
        self
    }

    /// The same with another service.
    pub fn service(self, service: Service) -> Platform {
        self.services([service])
    }

    /// The same without the service `name`.
    pub fn without(mut self, name: &str) -> Platform {
        self.services.retain(|service| service.name != name);
        self
    }

    /// The same with another file.
    pub fn file(mut self, file: File) -> Platform {
        self.files.push(file);
        self
    }

    /// The same; `/init` runs the script before it starts the services. A container ends if the script fails.
    pub fn preboot(self, script: impl Into<Script>) -> Platform {
        Platform {
            preboot: Some(script.into()),
            ..self
        }
    }

    /// The same, whose image can be had in these forms, too.
    pub fn forms(mut self, forms: impl IntoIterator<Item = ImageForm>) -> Platform {
        self.forms.extend(forms);
        self
    }

    /// The same; `run` imitates the hardware like this.
    pub fn emulation(self, emulation: Emulation) -> Platform {
        Platform {
            emulation: Some(emulation),
            ..self
        }
    }
}
