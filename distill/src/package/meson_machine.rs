//! Toolchains, as Meson reads them.
//!
//! Format: <https://mesonbuild.com/Machine-files.html>. Flags are in it, since Meson takes those of the
//! environment for one machine or the other, depending on whether the two differ.

use super::definition::{Config, Toolchain};
use super::env::{Flags, PKG_CONFIG, pkg_config_dirs};
use crate::plan::{Arch, RelPath};

/// Where the file about the host lies in a build.
pub(super) const HOST: &str = "host.ini";
/// Where the file about the build machine lies, if that is not the host.
pub(super) const BUILD: &str = "build-machine.ini";

/// One of the two as a path.
pub(super) fn path(file: &str) -> RelPath {
    RelPath::new(file).expect("a constant")
}

/// A compiler for the host, as Meson runs it.
pub(super) struct Compiler {
    /// Meson's name of the language.
    language: &'static str,
    /// Where the program lies in a build.
    pub(super) path: &'static str,
    /// The toolchain's program.
    program: String,
}

/// The compilers for the host: for C, and for C++ if the package is in it.
pub(super) fn compilers(config: &Config, cxx: bool) -> Vec<Compiler> {
    let compiler = |language, path, program: &String| Compiler {
        language,
        path,
        program: program.clone(),
    };
    let tools = &config.target().toolchain;
    let c = compiler("c", "meson/cc", &tools.cc);
    match cxx {
        true => vec![c, compiler("cpp", "meson/c++", &tools.cxx)],
        false => vec![c],
    }
}

impl Compiler {
    /// A program that is the toolchain's, and says that libraries lie in the sysroot alone: Meson looks for
    /// files wherever a compiler says that it does, and gcc names directories of the build machine's, from
    /// which it would not link.
    pub(super) fn script(&self, config: &Config) -> String {
        let (program, sysroot) = (&self.program, config.sysroot());
        format!(
            "#!/bin/sh\n\
             case \" $* \" in *' --print-search-dirs '*) echo libraries: ={sysroot}/usr/lib; exit;; esac\n\
             exec {program} \"$@\"\n"
        )
    }
}

/// The file about the host, with a C++ compiler or without.
pub(super) fn host(config: &Config, cxx: bool, flags: &Flags) -> String {
    let mut text = "[binaries]\n".to_owned();
    for compiler in compilers(config, cxx) {
        text += &entry(compiler.language, &quoted(&format!("/{}", compiler.path)));
    }
    text += &binaries(&config.target().toolchain);
    text += &entry("pkg-config", &list(&PKG_CONFIG));
    text += "\n[built-in options]\n";
    let languages = [("c", &flags.c), ("cpp", &flags.cxx)];
    for (language, own) in &languages[..if cxx { 2 } else { 1 }] {
        text += &entry(&format!("{language}_args"), &list(own));
        text += &entry(&format!("{language}_link_args"), &list(&flags.ld));
    }
    text += "\n[properties]\n";
    text += &entry("pkg_config_libdir", &list(&pkg_config_dirs(config)));
    text += &entry("sys_root", &quoted(config.sysroot().as_str()));
    if !config.is_native() {
        text += "\n[host_machine]\n";
        text += &machine(config.arch());
    }
    text
}

/// The file about a build machine that is not the host.
pub(super) fn build(tools: &Toolchain, cxx: bool) -> String {
    let mut text = "[binaries]\n".to_owned();
    text += &entry("c", &quoted(&tools.cc));
    if cxx {
        text += &entry("cpp", &quoted(&tools.cxx));
    }
    text + &binaries(tools)
}

fn machine(arch: Arch) -> String {
    let family = match arch {
        Arch::Ppc64le => "ppc64",
        Arch::X86_64 | Arch::Aarch64 | Arch::Riscv64 => arch.name(),
    };
    let entries = [
        ("system", "linux"),
        ("cpu_family", family),
        ("cpu", arch.name()),
        ("endian", "little"),
    ];
    entries
        .map(|(key, value)| entry(key, &quoted(value)))
        .concat()
}

/// What works on objects, whoever has compiled them.
fn binaries(tools: &Toolchain) -> String {
    let programs = [
        ("ar", &tools.ar),
        ("nm", &tools.nm),
        ("ranlib", &tools.ranlib),
        ("strip", &tools.strip),
        ("objcopy", &tools.objcopy),
        ("readelf", &tools.readelf),
    ];
    let there = programs
        .into_iter()
        .filter(|(_, program)| !program.is_empty());
    there
        .map(|(name, program)| entry(name, &quoted(program)))
        .collect()
}

fn entry(key: &str, value: &str) -> String {
    format!("{key} = {value}\n")
}

fn list(words: &[impl AsRef<str>]) -> String {
    let words: Vec<_> = words.iter().map(|word| quoted(word.as_ref())).collect();
    format!("[{}]", words.join(", "))
}

/// A text as Meson writes it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
}
