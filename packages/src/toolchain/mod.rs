//! Configs: what to build with.

mod compat;
mod wrapper;

use distill::package::{
    Arch, Config, GoToolchain, PythonToolchain, RustToolchain, Target, Toolchain,
};

use crate::{libstdcxx, linux_headers, musl, python, rust_std, seed};

pub use compat::gcc_compat;
pub use wrapper::{cxx_wrapper, wrapper};

/// The seed's own compilers and libraries: for what runs during a build, and for the first C library.
pub fn seed_config() -> Config {
    let name = |name: &str| name.to_owned();
    let flags = vec![name("-O2"), name("-pipe")];
    Config::new(Target {
        toolchain: Toolchain {
            cxx_tools: vec![seed::cxx.into(), seed::libstdcxx.into()],
            cc: name("gcc"),
            cxx: name("g++"),
            ld: name("ld"),
            ar: name("ar"),
            assembler: name("as"),
            nm: name("nm"),
            ranlib: name("ranlib"),
            strip: name("strip"),
            objcopy: name("objcopy"),
            readelf: name("readelf"),
            cflags: flags.clone(),
            cxxflags: flags,
            ..Toolchain::default()
        },
        base: vec![seed::core.into()],
        build_systems: seed::build_systems(),
        ..Target::new(Arch::X86_64, "x86_64-linux-gnu")
    })
}

/// The quick config for 64-bit x86: the seed's gcc with a musl sysroot that is built here, and a C++ library
/// for what is in C++; every program is a static PIE.
pub fn quick() -> Config {
    let triple = "x86_64-linux-musl";
    let tool = |tool: &str| format!("{triple}-{tool}");
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let flags = words(
        "-Os -pipe -fstack-protector-strong -ftrivial-auto-var-init=zero -ffunction-sections -fdata-sections",
    );
    Config::new(Target {
        toolchain: Toolchain {
            tools: vec![wrapper.into()],
            cxx_tools: vec![seed::cxx.into(), cxx_wrapper.into()],
            libc: vec![musl.into(), linux_headers.into(), gcc_compat.into()],
            libcxx: vec![libstdcxx.into()],
            cc: tool("cc"),
            cxx: tool("c++"),
            ld: tool("ld"),
            ar: tool("ar"),
            assembler: tool("as"),
            nm: tool("nm"),
            ranlib: tool("ranlib"),
            strip: tool("strip"),
            objcopy: tool("objcopy"),
            readelf: tool("readelf"),
            cflags: flags.clone(),
            cxxflags: flags,
            ldflags: words("-Wl,--gc-sections"),
        },
        rust: RustToolchain {
            tools: vec![seed::rust.into()],
            std: vec![rust_std.into()],
            version: seed::RUST_VERSION.into(),
            target: "x86_64-unknown-linux-musl".into(),
            // rustc would bring its own startup files, and leave out the C compiler's libraries.
            flags: words("-Clink-self-contained=no -Cdefault-linker-libraries=yes"),
        },
        go: GoToolchain {
            tools: vec![seed::go.into()],
            version: seed::GO_VERSION.into(),
            arch: "amd64".into(),
        },
        python: PythonToolchain {
            tools: vec![python::tools.into()],
            series: python::SERIES.into(),
        },
        base: vec![seed::core.into()],
        build_systems: seed::build_systems(),
        bootstrap: Some(seed_config()),
        ..Target::new(Arch::X86_64, triple)
    })
}
