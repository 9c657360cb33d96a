//! Configs: what to build with.

use distill::package::{Arch, Cc, Config, Target, Toolchain, execline};
use distill::plan::{Literal, LiteralNode, Mode, Plan, RelPath};

use crate::own_file::own_file;
use crate::{linux_headers, musl, seed};

/// The seed's own compiler and C library: for what runs during a build, and for the first C library.
pub fn seed_config() -> Config {
    let name = |name: &str| name.to_owned();
    Config::new(Target {
        toolchain: Toolchain {
            cc: name("gcc"),
            ld: name("ld"),
            ar: name("ar"),
            assembler: name("as"),
            nm: name("nm"),
            ranlib: name("ranlib"),
            strip: name("strip"),
            objcopy: name("objcopy"),
            readelf: name("readelf"),
            cflags: vec![name("-O2"), name("-pipe")],
            ..Toolchain::default()
        },
        base: vec![seed::core.into()],
        ..Target::new(Arch::X86_64, "x86_64-linux-gnu")
    })
}

/// The quick config for 64-bit x86: the seed's gcc with a musl sysroot that is built here. C only;
/// every program is a static PIE.
pub fn quick() -> Config {
    let triple = "x86_64-linux-musl";
    let tool = |tool: &str| format!("{triple}-{tool}");
    let words = |text: &str| text.split(' ').map(str::to_owned).collect();
    Config::new(Target {
        toolchain: Toolchain {
            tools: vec![wrapper.into()],
            libc: vec![musl.into(), linux_headers.into(), gcc_compat.into()],
            cc: tool("cc"),
            ld: tool("ld"),
            ar: tool("ar"),
            assembler: tool("as"),
            nm: tool("nm"),
            ranlib: tool("ranlib"),
            strip: tool("strip"),
            objcopy: tool("objcopy"),
            readelf: tool("readelf"),
            cflags: words(
                "-Os -pipe -fstack-protector-strong -ftrivial-auto-var-init=zero -ffunction-sections -fdata-sections",
            ),
            ldflags: words("-Wl,--gc-sections"),
            ..Toolchain::default()
        },
        base: vec![seed::core.into()],
        bootstrap: Some(seed_config()),
        ..Target::new(Arch::X86_64, triple)
    })
}

/// The C compiler's name for the triple: the seed's gcc with specs that make it forget its own C
/// library and link static PIEs against musl.
pub fn wrapper(config: &Config) -> Literal {
    const TOOLS: [&str; 12] = [
        "addr2line",
        "ar",
        "as",
        "ld",
        "nm",
        "objcopy",
        "objdump",
        "ranlib",
        "readelf",
        "size",
        "strings",
        "strip",
    ];
    let triple = config.triple();
    let specs = include_str!("musl.specs")
        .replace("@SYSROOT@", config.sysroot().as_str())
        .replace("@EMULATION@", "elf_x86_64");
    let cc = format!("#!/bin/sh\nexec /usr/bin/gcc-14 -specs=/usr/lib/{triple}.specs \"$@\"\n");
    let path = |path: String| RelPath::new(path).expect("made of a triple and constants");
    let file = |mode, text: String| LiteralNode::File {
        mode: Some(mode),
        contents: text.into(),
    };
    let link = |target: String| LiteralNode::Symlink { target };
    let mut files = Literal::default();
    files.0.insert(
        path(format!("usr/lib/{triple}.specs")),
        file(Mode::FILE, specs),
    );
    files.0.insert(
        path(format!("usr/bin/{triple}-cc")),
        file(Mode::EXECUTABLE, cc),
    );
    files.0.insert(
        path(format!("usr/bin/{triple}-gcc")),
        link(format!("{triple}-cc")),
    );
    for tool in TOOLS {
        let target = link(format!("x86_64-linux-gnu-{tool}"));
        files
            .0
            .insert(path(format!("usr/bin/{triple}-{tool}")), target);
    }
    files
}

/// What the unwinder in the seed's `libgcc_eh.a` expects of its C library and musl does not have.
pub fn gcc_compat(config: &Config) -> Plan {
    Cc {
        name: "gcc-compat".into(),
        licence: "MIT OR Apache-2.0".into(),
        no_libc: true,
        libs: vec![musl.into(), linux_headers.into()],
        files: vec![own_file("src/gcc-compat/dl_find_object.c", include_str!("dl_find_object.c"))],
        script: execline! {
            if { mkdir -p "/out/usr/lib" }
            if { "x86_64-linux-musl-cc" -O2 -pipe -ffunction-sections -c -o "dl_find_object.o" "dl_find_object.c" }
            "x86_64-linux-musl-ar" rcsD "/out/usr/lib/libgcccompat.a" "dl_find_object.o"
        },
        ..Cc::new(config)
    }
    .plan()
}
