//! What cargo, rustc and the build scripts of crates learn from the environment.
//!
//! Sources: <https://doc.rust-lang.org/cargo/reference/environment-variables.html>, and what the crates `cc`
//! and `pkg-config` read, with which build scripts find the compiler and the libraries.

use super::command::TARGET;
use crate::package::definition::Config;
use crate::package::env::{Flags, for_build, pkg_config_dirs};
use crate::package::script::Variables;

/// The environment of a program's build. Compiler and flags for C stand under the host's name, since build
/// scripts and procedural macros are linked for the build machine. Flags for rustc that a project's own
/// configuration has give way.
pub(super) fn variables(
    config: &Config,
    cxx: bool,
    flags: &Flags,
    rustflags: &[String],
) -> Variables {
    let (rust, tools, build) = (
        &config.target().rust,
        &config.target().toolchain,
        for_build(config),
    );
    let host = rust.target.replace('-', "_");
    let for_host = |name: &str| format!("{name}_{host}");
    let rustflags = [&rust.flags[..], rustflags].concat().join(" ");
    let variables = Variables::new()
        .set("CARGO_TARGET_DIR", TARGET)
        .set("CARGO_INCREMENTAL", "0")
        .set("CARGO_PROFILE_RELEASE_DEBUG", "false")
        .set(
            format!("CARGO_TARGET_{}_LINKER", host.to_uppercase()),
            tools.cc.clone(),
        )
        .set("RUSTFLAGS", rustflags)
        .set(for_host("CC"), tools.cc.clone())
        .set(for_host("AR"), tools.ar.clone())
        .set(for_host("RANLIB"), tools.ranlib.clone())
        .set(for_host("CFLAGS"), flags.c.join(" "))
        .set("HOST_CC", build.cc.clone())
        .set("HOST_AR", build.ar.clone())
        // pkg-config for the build machine reads what lies there.
        .set("PKG_CONFIG", "pkg-config")
        .set("PKG_CONFIG_ALLOW_CROSS", "1")
        .set("PKG_CONFIG_ALL_STATIC", "1")
        .set(
            for_host("PKG_CONFIG_SYSROOT_DIR"),
            config.sysroot().as_str(),
        )
        .set(
            for_host("PKG_CONFIG_LIBDIR"),
            pkg_config_dirs(config).join(":"),
        );
    let unset = [
        "CFLAGS",
        "CXXFLAGS",
        "LDFLAGS",
        "PKG_CONFIG_SYSROOT_DIR",
        "PKG_CONFIG_LIBDIR",
    ];
    let variables = unset
        .iter()
        .fold(variables, |variables, name| variables.set(*name, ()));
    match cxx {
        false => variables,
        true => variables
            .set(for_host("CXX"), tools.cxx.clone())
            .set(for_host("CXXFLAGS"), flags.cxx.join(" "))
            .set("HOST_CXX", build.cxx.clone()),
    }
}
