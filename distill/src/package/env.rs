//! The toolchain of a config, as words and variables for scripts. All of these are functions of the
//! config, so they may stand in a script as they are: `make CC=#{cc}`.

use super::definition::{Config, Toolchain};
use super::script::Variables;

/// What finds libraries: `pkg-config`, asked for static ones.
pub(super) const PKG_CONFIG: [&str; 2] = ["pkg-config", "--static"];

/// The flags of a toolchain and of a recipe, one list for each kind of command.
#[derive(Debug, Clone, Default)]
pub(super) struct Flags {
    pub(super) c: Vec<String>,
    pub(super) cxx: Vec<String>,
    pub(super) ld: Vec<String>,
}

impl Flags {
    /// The config's own flags, and behind them those of a recipe; its `cflags` are for both compilers.
    pub(super) fn new(config: &Config, cflags: &[String], ldflags: &[String]) -> Flags {
        let tools = &config.target().toolchain;
        Flags {
            c: [&tools.cflags, cflags].concat(),
            cxx: [&tools.cxxflags, cflags].concat(),
            ld: [&tools.ldflags, ldflags].concat(),
        }
    }
}

/// The names and values that C programs' build systems know. `CHOST` is the triple that is built
/// for, `CBUILD` the one that is built on.
pub fn cc_env(config: &Config) -> Variables {
    cc_variables(config, &[], &[])
}

/// The same with more flags. A package in C has no C++ compiler, but flags of its own for it: what is
/// for C++ in the config has no part in its plan.
pub(super) fn cc_variables(config: &Config, cflags: &[String], ldflags: &[String]) -> Variables {
    let flags = Flags::new(config, cflags, ldflags);
    let sysroot = config.sysroot();
    programs(&config.target().toolchain)
        .set("CFLAGS", flags.c.join(" "))
        .set("CXXFLAGS", cflags.join(" "))
        .set("LDFLAGS", flags.ld.join(" "))
        .set("CHOST", config.triple())
        .set("CBUILD", config.build().triple())
        .set("PKG_CONFIG", PKG_CONFIG.join(" "))
        .set("PKG_CONFIG_SYSROOT_DIR", sysroot.as_str())
        .set("PKG_CONFIG_LIBDIR", pkg_config_dirs(config).join(":"))
}

/// What C++ programs' build systems know beside [`cc_env`]: the compiler for the host, `CXX`, with its
/// flags, and that of the build machine, `CXX_FOR_BUILD`.
pub fn cxx_env(config: &Config) -> Variables {
    cxx_variables(config, &[])
}

/// The same with more flags.
pub(super) fn cxx_variables(config: &Config, cflags: &[String]) -> Variables {
    let (tools, build) = (&config.target().toolchain, for_build(config));
    named([("CXX", &tools.cxx), ("CXX_FOR_BUILD", &build.cxx)])
        .set("CXXFLAGS", Flags::new(config, cflags, &[]).cxx.join(" "))
}

/// Where pkg-config looks: in the sysroot, and nowhere else.
pub(super) fn pkg_config_dirs(config: &Config) -> [String; 2] {
    let sysroot = config.sysroot();
    ["lib", "share"].map(|dir| format!("{sysroot}/usr/{dir}/pkgconfig"))
}

/// The programs for C, and for what any compiler makes.
fn programs(tools: &Toolchain) -> Variables {
    named([
        ("AR", &tools.ar),
        ("AS", &tools.assembler),
        ("CC", &tools.cc),
        ("LD", &tools.ld),
        ("NM", &tools.nm),
        ("OBJCOPY", &tools.objcopy),
        ("RANLIB", &tools.ranlib),
        ("READELF", &tools.readelf),
        ("STRIP", &tools.strip),
    ])
}

/// The variables of those programs that the toolchain has.
fn named<const N: usize>(names: [(&str, &String); N]) -> Variables {
    names
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(k, v)| (k, v.clone()))
        .collect()
}

/// The toolchain for programs that run during the build: that of the config which builds the build
/// machine's tools.
pub(super) fn for_build(config: &Config) -> &Toolchain {
    &config.build().bootstrap().target().toolchain
}

/// The compiler of the build machine, as autoconf's packages know it: `CC_FOR_BUILD` and so on.
pub fn cc_env_for_build(config: &Config) -> Variables {
    programs(for_build(config)).renamed(|name| format!("{name}_FOR_BUILD"))
}

/// The compiler of the build machine, as Linux's build system knows it: `HOSTCC` and so on.
pub fn cc_env_for_kbuild(config: &Config) -> Variables {
    programs(for_build(config)).renamed(|name| format!("HOST{name}"))
}

/// `CC=…`, `AR=…` and so on as arguments of make, which win over what a Makefile says. (A program in C++
/// adds `CXX=#{cxx}`.)
pub fn make_overrides(config: &Config) -> super::script::Words {
    programs(&config.target().toolchain).overrides()
}

macro_rules! program {
    ($($(#[$doc:meta])* $name:ident => $field:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name(config: &Config) -> String {
            config.target().toolchain.$field.clone()
        }
    )*};
}

program! {
    /// The C compiler.
    cc => cc;
    /// The C++ compiler.
    cxx => cxx;
    /// The linker.
    ld => ld;
    /// The archiver.
    ar => ar;
    /// The archive indexer.
    ranlib => ranlib;
    /// What lists symbols.
    nm => nm;
    /// What removes symbols.
    strip => strip;
    /// What translates object files.
    objcopy => objcopy;
    /// What shows object files.
    readelf => readelf;
}

/// The C compiler of the build machine.
pub fn build_cc(config: &Config) -> String {
    for_build(config).cc.clone()
}

/// The C++ compiler of the build machine.
pub fn build_cxx(config: &Config) -> String {
    for_build(config).cxx.clone()
}

/// The flags for the C compiler, joined by spaces.
pub fn cflags(config: &Config) -> String {
    config.target().toolchain.cflags.join(" ")
}

/// The flags for the C++ compiler, joined by spaces.
pub fn cxxflags(config: &Config) -> String {
    config.target().toolchain.cxxflags.join(" ")
}

/// The flags for linking, joined by spaces.
pub fn ldflags(config: &Config) -> String {
    config.target().toolchain.ldflags.join(" ")
}

/// The triple that is built for.
pub fn triple(config: &Config) -> String {
    config.triple().to_owned()
}

/// The triple that is built on.
pub fn build_triple(config: &Config) -> String {
    config.build().triple().to_owned()
}

/// Where the host's headers and libraries lie.
pub fn sysroot(config: &Config) -> String {
    config.sysroot().to_string()
}

/// What the names of the toolchain's programs begin with: `x86_64-linux-musl-`.
pub fn cross_compile(config: &Config) -> String {
    format!("{}-", config.triple())
}
