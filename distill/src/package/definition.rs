//! Packages and the configs that they are functions of. A config consists of packages (its tools), so
//! neither can be said without the other, and both stand here.

use std::any::{TypeId, type_name};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::plan::{AbsPath, Arch, Artifact, RelPath};

/// What tells packages apart: the function's own type, or the address of a closure that holds data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Function(TypeId),
    Closure(usize),
}

type Function = dyn Fn(&Config) -> Items + Send + Sync;

/// A package: a function of the config. Made from any function or closure that returns plans,
/// artifacts or further packages.
#[derive(Clone)]
pub struct Package {
    name: &'static str,
    identity: Option<TypeId>,
    call: Arc<Function>,
}

impl<F, R> From<F> for Package
where
    F: Fn(&Config) -> R + Send + Sync + 'static,
    R: Into<Items>,
{
    fn from(function: F) -> Package {
        // A function item has no size, and a type of its own: that type is its identity.
        let identity = (size_of::<F>() == 0).then(TypeId::of::<F>);
        let call = Arc::new(move |config: &Config| function(config).into());
        Package {
            name: type_name::<F>(),
            identity,
            call,
        }
    }
}

impl Package {
    /// The path of the function, such as `distill_packages::zlib::zlib`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What the function returns for `config`.
    pub(super) fn call(&self, config: &Config) -> Items {
        (self.call)(config)
    }

    pub(super) fn key(&self) -> Key {
        match self.identity {
            Some(function) => Key::Function(function),
            None => Key::Closure(Arc::as_ptr(&self.call).cast::<()>().addr()),
        }
    }
}

impl fmt::Debug for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// What a package may return, piece by piece.
#[derive(Debug, Clone)]
pub enum Item {
    /// An artifact, to lie where its user puts it.
    Artifact(Artifact),
    /// An artifact that must lie at a place of its own.
    At(AbsPath, Artifact),
    /// Another package, expanded with the same config.
    Package(Package),
}

/// What a package returns: any number of [`Item`]s.
#[derive(Debug, Clone, Default)]
pub struct Items(pub Vec<Item>);

/// An artifact, and its place if it insists on one.
#[derive(Debug, Clone)]
pub struct Placed {
    /// Where it must lie; nothing if its user decides.
    pub at: Option<AbsPath>,
    /// The artifact.
    pub of: Artifact,
}

/// A toolchain for C and C++: the packages that it consists of, the names of its programs, its flags.
///
/// What is for C++ alone stands apart, so that a package in C neither has nor waits for it.
#[derive(Debug, Clone, Default)]
pub struct Toolchain {
    /// The C compiler and its companions, run on the build machine.
    pub tools: Vec<Package>,
    /// What compiles C++, beside `tools`.
    pub cxx_tools: Vec<Package>,
    /// The C library and the kernel's headers, for the host; they lie in the sysroot.
    pub libc: Vec<Package>,
    /// The C++ library, for the host, beside `libc`.
    pub libcxx: Vec<Package>,
    /// The C compiler.
    pub cc: String,
    /// The C++ compiler.
    pub cxx: String,
    /// The linker.
    pub ld: String,
    /// The archiver.
    pub ar: String,
    /// The assembler.
    pub assembler: String,
    /// Lists symbols.
    pub nm: String,
    /// Indexes archives.
    pub ranlib: String,
    /// Removes symbols.
    pub strip: String,
    /// Translates object files.
    pub objcopy: String,
    /// Shows object files.
    pub readelf: String,
    /// For the C compiler.
    pub cflags: Vec<String>,
    /// For the C++ compiler.
    pub cxxflags: Vec<String>,
    /// For linking.
    pub ldflags: Vec<String>,
}

/// A toolchain for Rust: the packages that it consists of, and its flags.
///
/// What it links is a matter of the [`Toolchain`] for C: its linker, its C library.
#[derive(Debug, Clone, Default)]
pub struct RustToolchain {
    /// rustc and cargo, run on the build machine, and the standard library for what runs during a build: build
    /// scripts and procedural macros.
    pub tools: Vec<Package>,
    /// The standard library for the host. It lies where rustc looks for it, below `/`.
    pub std: Vec<Package>,
    /// rustc's version, such as `1.96.0`.
    pub version: String,
    /// What rustc calls the host, such as `x86_64-unknown-linux-musl`.
    pub target: String,
    /// For rustc, when it compiles for the host.
    pub flags: Vec<String>,
}

/// A toolchain for Go.
#[derive(Debug, Clone, Default)]
pub struct GoToolchain {
    /// `go`, run on the build machine, and the source of its standard library.
    pub tools: Vec<Package>,
    /// Its version, such as `1.24.4`.
    pub version: String,
    /// What Go calls the host's architecture, such as `amd64`.
    pub arch: String,
}

/// Python as packages are installed with: what lies where another Python of the same series looks for it.
#[derive(Debug, Clone, Default)]
pub struct PythonToolchain {
    /// The interpreter, run on the build machine as `python<series>`, and what it installs with: the modules
    /// `installer`, `packaging` and `pyproject_hooks`, and build systems such as setuptools.
    pub tools: Vec<Package>,
    /// The first two numbers of its version, such as `3.13`.
    pub series: String,
}

/// The build systems that templates run, as packages for the build machine. Only a package that is built by
/// one of them sees it.
#[derive(Debug, Clone, Default)]
pub struct BuildSystems {
    /// autoconf, automake and libtool, which make a `configure`.
    pub autotools: Vec<Package>,
    /// CMake, and ninja.
    pub cmake: Vec<Package>,
    /// Meson, and ninja.
    pub meson: Vec<Package>,
}

/// What a package is built for and with, as plain data; [`Config`] is the handle that packages get.
#[derive(Debug, Clone)]
pub struct Target {
    /// What the output runs on.
    pub arch: Arch,
    /// The same with system and C library, such as `x86_64-linux-musl`.
    pub triple: String,
    /// Compiles for the triple.
    pub toolchain: Toolchain,
    /// Compiles Rust for the triple.
    pub rust: RustToolchain,
    /// Compiles Go for the architecture.
    pub go: GoToolchain,
    /// Installs packages of Python.
    pub python: PythonToolchain,
    /// A shell, make, execline and the like: what every build finds at `/`.
    pub base: Vec<Package>,
    /// What further build systems consist of, on this config's build machine.
    pub build_systems: BuildSystems,
    /// What the build machine's tools are built with; the config itself, if it is native.
    pub build: Option<Config>,
    /// What this config's own tools are built with; they come ready made, if there is none.
    pub bootstrap: Option<Config>,
}

impl Target {
    /// For `arch`, with nothing to build with; the rest is filled in by who has it.
    ///
    /// ```
    /// use distill::package::{Arch, Config, Target, Toolchain};
    ///
    /// let config = Config::new(Target {
    ///     toolchain: Toolchain { cc: "gcc".into(), ..Toolchain::default() },
    ///     ..Target::new(Arch::X86_64, "x86_64-linux-gnu")
    /// });
    /// assert_eq!(config.target().toolchain.cc, "gcc");
    /// ```
    pub fn new(arch: Arch, triple: impl Into<String>) -> Target {
        Target {
            arch,
            triple: triple.into(),
            toolchain: Toolchain::default(),
            rust: RustToolchain::default(),
            go: GoToolchain::default(),
            python: PythonToolchain::default(),
            base: Vec::new(),
            build_systems: BuildSystems::default(),
            build: None,
            bootstrap: None,
        }
    }
}

/// A handle on a [`Target`] that remembers what packages expanded to. Cheap to clone.
#[derive(Clone)]
pub struct Config(Arc<Shared>);

struct Shared {
    target: Target,
    overrides: HashMap<Key, Package>,
    memo: Mutex<HashMap<Key, Vec<Placed>>>,
}

impl Config {
    /// A config for `target`.
    pub fn new(target: Target) -> Config {
        Config::with(target, HashMap::new())
    }

    fn with(target: Target, overrides: HashMap<Key, Package>) -> Config {
        Config(Arc::new(Shared {
            target,
            overrides,
            memo: Mutex::default(),
        }))
    }

    /// The data.
    pub fn target(&self) -> &Target {
        &self.0.target
    }

    /// A config with changed data.
    pub fn derive(&self, change: impl FnOnce(&mut Target)) -> Config {
        let mut target = self.0.target.clone();
        change(&mut target);
        Config::with(target, self.0.overrides.clone())
    }

    /// A config in which `new` stands for `old`, for every package that depends on it, on the host
    /// and on the build machine. (Inside `new`, call `old` as the function that it is.)
    pub fn with_override(&self, old: impl Into<Package>, new: impl Into<Package>) -> Config {
        let (key, new) = (old.into().key(), new.into());
        let inner = |config: &Config| {
            let mut overrides = config.0.overrides.clone();
            overrides.insert(key, new.clone());
            Config::with(config.0.target.clone(), overrides)
        };
        let config = inner(self);
        match &config.0.target.build {
            None => config,
            Some(build) => {
                let build = inner(build);
                config.derive(|target| target.build = Some(build))
            }
        }
    }

    /// What packages are for.
    pub fn arch(&self) -> Arch {
        self.0.target.arch
    }

    /// The triple that packages are for.
    pub fn triple(&self) -> &str {
        &self.0.target.triple
    }

    /// The config of the machine that builds.
    pub fn build(&self) -> &Config {
        self.0.target.build.as_ref().unwrap_or(self)
    }

    /// The config that this one's own tools are built with.
    pub fn bootstrap(&self) -> &Config {
        self.0.target.bootstrap.as_ref().unwrap_or(self)
    }

    /// Whether what is built runs where it is built.
    pub fn is_native(&self) -> bool {
        self.triple() == self.build().triple()
    }

    /// Where headers and libraries for the triple lie: `/sysroot/<triple>`.
    pub fn sysroot(&self) -> AbsPath {
        let triple = RelPath::new(self.triple()).expect("a triple is one component");
        AbsPath::root()
            .join(&RelPath::new("sysroot").expect("a name"))
            .join(&triple)
    }

    /// What to use where `package` is named.
    pub(super) fn chosen<'a>(&'a self, package: &'a Package) -> &'a Package {
        self.0.overrides.get(&package.key()).unwrap_or(package)
    }

    pub(super) fn recall(&self, key: Key) -> Option<Vec<Placed>> {
        self.0
            .memo
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
            .cloned()
    }

    pub(super) fn remember(&self, key: Key, placed: Vec<Placed>) {
        self.0
            .memo
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, placed);
    }

    /// A number that tells configs apart.
    pub(super) fn id(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Config({})", self.triple())
    }
}
