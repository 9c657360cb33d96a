//! A config's toolchain, as CMake reads it.
//!
//! Format: <https://cmake.org/cmake/help/latest/manual/cmake-toolchains.7.html>. Flags are not in it: CMake
//! takes them from the environment, where every package has them.

use super::definition::Config;
use super::env::PKG_CONFIG;
use crate::plan::{Arch, RelPath};

/// Where the file lies in a build.
pub(super) const PATH: &str = "toolchain.cmake";

/// The same as a path.
pub(super) fn path() -> RelPath {
    RelPath::new(PATH).expect("a constant")
}

/// The text of the file, with a C++ compiler or without.
pub(super) fn text(config: &Config, cxx: bool) -> String {
    let lines = [
        machine(config),
        programs(config, cxx),
        flags(),
        places(config),
        pkg_config(),
    ];
    let line = |(name, value)| format!("set({name} {value})\n");
    lines.concat().into_iter().map(line).collect()
}

/// Names and what they are set to.
type Settings = Vec<(String, String)>;

/// A system's name makes CMake believe that nothing which it builds can be run.
fn machine(config: &Config) -> Settings {
    let processor = match config.arch() {
        Arch::Ppc64le => "ppc64le",
        arch @ (Arch::X86_64 | Arch::Aarch64 | Arch::Riscv64) => arch.name(),
    };
    match config.is_native() {
        true => Vec::new(),
        false => vec![
            ("CMAKE_SYSTEM_NAME".into(), "Linux".into()),
            ("CMAKE_SYSTEM_PROCESSOR".into(), processor.into()),
        ],
    }
}

fn programs(config: &Config, cxx: bool) -> Settings {
    let tools = &config.target().toolchain;
    let none = String::new();
    let programs = [
        ("C_COMPILER", &tools.cc),
        ("CXX_COMPILER", if cxx { &tools.cxx } else { &none }),
        ("AR", &tools.ar),
        ("RANLIB", &tools.ranlib),
        ("NM", &tools.nm),
        ("LINKER", &tools.ld),
        ("STRIP", &tools.strip),
        ("OBJCOPY", &tools.objcopy),
        ("READELF", &tools.readelf),
    ];
    let setting = |(name, program): (&str, &String)| (format!("CMAKE_{name}"), program.clone());
    let there = programs
        .into_iter()
        .filter(|(_, program)| !program.is_empty());
    there.map(setting).collect()
}

/// Release is what upstream wants its users to have; how to optimise is the config's matter.
fn flags() -> Settings {
    let setting = |language: &str| {
        let name = format!("CMAKE_{language}_FLAGS_RELEASE");
        (name, "-DNDEBUG CACHE STRING \"\"".into())
    };
    ["C", "CXX"].map(setting).into()
}

/// Libraries are found in the sysroot alone, and programs on the build machine. What the build itself has
/// made below `/src` may be found, too.
fn places(config: &Config) -> Settings {
    let mode = |kind: &str, mode: &str| (format!("CMAKE_FIND_ROOT_PATH_MODE_{kind}"), mode.into());
    vec![
        (
            "CMAKE_FIND_ROOT_PATH".into(),
            format!("{} /src", config.sysroot()),
        ),
        mode("PROGRAM", "NEVER"),
        mode("LIBRARY", "ONLY"),
        mode("INCLUDE", "ONLY"),
        mode("PACKAGE", "ONLY"),
    ]
}

fn pkg_config() -> Settings {
    let [program, arguments] = PKG_CONFIG;
    vec![
        (
            "PKG_CONFIG_EXECUTABLE".into(),
            format!("/usr/bin/{program} CACHE FILEPATH \"\""),
        ),
        (
            "PKG_CONFIG_ARGN".into(),
            format!("{arguments} CACHE STRING \"\""),
        ),
    ]
}
