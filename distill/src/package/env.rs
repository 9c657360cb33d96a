//! The toolchain of a config, as words and variables for scripts. All of these are functions of the
//! config, so they may stand in a script as they are: `make CC=#{cc}`.

use super::definition::{Config, Toolchain};
use super::script::Variables;

/// The names and values that C programs' build systems know. `CHOST` is the triple that is built
/// for, `CBUILD` the one that is built on.
pub fn cc_env(config: &Config) -> Variables {
    variables(config, &[], &[])
}

/// The same with more flags.
pub(super) fn variables(config: &Config, cflags: &[String], ldflags: &[String]) -> Variables {
    let tools = &config.target().toolchain;
    let sysroot = config.sysroot();
    let dirs = format!("{sysroot}/usr/lib/pkgconfig:{sysroot}/usr/share/pkgconfig");
    programs(tools)
        .set("CFLAGS", [&tools.cflags, cflags].concat().join(" "))
        .set("CXXFLAGS", [&tools.cxxflags, cflags].concat().join(" "))
        .set("LDFLAGS", [&tools.ldflags, ldflags].concat().join(" "))
        .set("CHOST", config.triple())
        .set("CBUILD", config.build().triple())
        .set("PKG_CONFIG", "pkg-config --static")
        .set("PKG_CONFIG_SYSROOT_DIR", sysroot.as_str())
        .set("PKG_CONFIG_LIBDIR", dirs)
}

fn programs(tools: &Toolchain) -> Variables {
    let named = [
        ("AR", &tools.ar),
        ("AS", &tools.assembler),
        ("CC", &tools.cc),
        ("CXX", &tools.cxx),
        ("LD", &tools.ld),
        ("NM", &tools.nm),
        ("OBJCOPY", &tools.objcopy),
        ("RANLIB", &tools.ranlib),
        ("READELF", &tools.readelf),
        ("STRIP", &tools.strip),
    ];
    named
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(k, v)| (k, v.clone()))
        .collect()
}

/// The toolchain for programs that run during the build: that of the config which builds the build
/// machine's tools.
fn for_build(config: &Config) -> &Toolchain {
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

/// `CC=…`, `AR=…` and so on as arguments of make, which win over what a Makefile says.
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

/// The flags for the C compiler, joined by spaces.
pub fn cflags(config: &Config) -> String {
    config.target().toolchain.cflags.join(" ")
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
