//! One program in C++, by each of the build systems. It is linked from two files and a library of the
//! sysroot's, and run at once.

use distill::package::{Config, Script, execline};
use distill::plan::{Artifact, Mode, Plan, RelPath};
use distill::{cc_package, cmake_package, cmmi_package, meson_package};
use distill_packages::{quick, zlib};

use crate::build::build;
use crate::linked::elf;

/// A file of the program's source, for a package called `program`.
macro_rules! sources {
    ($($name:literal),*) => {
        [$(file($name, include_str!(concat!("program/", $name)))),*]
    };
}

fn file(name: &str, text: &str) -> Artifact {
    let path = RelPath::new(format!("src/program-1/{name}")).expect("a path");
    Artifact::file(path, Mode::FILE, text)
}

/// Keeps what the program says.
fn run() -> Script {
    execline! { if { redirfd -w 1 "/out/said" "/out/usr/bin/program" } }
}

fn by_cmake(config: &Config) -> Plan {
    cmake_package! { config,
        name: "program", version: "1", source: None,
        cxx: true,
        libs: [zlib],
        files: sources!["CMakeLists.txt", "main.cc", "frames.cc", "frames.h"],
        cleanup: run(),
    }
}

fn by_meson(config: &Config) -> Plan {
    meson_package! { config,
        name: "program", version: "1", source: None,
        cxx: true,
        libs: [zlib],
        files: sources!["meson.build", "main.cc", "frames.cc", "frames.h"],
        cleanup: run(),
    }
}

fn by_autotools(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "program", version: "1", source: None,
        cxx: true,
        libs: [zlib],
        autoreconf: true,
        files: sources!["configure.ac", "Makefile.am", "main.cc", "frames.cc", "frames.h"],
        cleanup: run(),
    }
}

/// Also compiles a program for the build machine, whose C++ library is there, too.
fn by_make(config: &Config) -> Plan {
    cc_package! { config,
        name: "program", version: "1", source: None,
        cxx: true,
        libs: [zlib],
        files: sources!["Makefile", "main.cc", "frames.cc", "frames.h"],
        script: execline! {
            if { make program }
            if { install -D -t "/out/usr/bin" program }
            if { cp map "/out/map" }
            importas -i build CXX_FOR_BUILD
            if { $build "-std=c++20" -c -o "frames.o" "frames.cc" }
            if { redirfd -w 1 "main.cc"
                echo "#include \"frames.h\"\nint main() { try { descend(5); } catch (TooDeep &) { return destroyed - 5; } return 9; }" }
            if { $build "-std=c++20" -o "for-build" "main.cc" "frames.o" }
            if { "./for-build" }
            if { mv "for-build" "/out/for-build" }
            #{run()}
        },
    }
}

/// What the program says.
const SAID: &str = "\
nested: outer of  0 left
threads: 1 2 3 4 5 6 7 8 
async: 42
files: a a/b a/b/file 4
float: 0.333333333333333333342
regex: Distill
zone: 1970-01-01 01:00 CET
wide: 42
zlib: f2d39c8
";

/// Builds the program, which says what it should and needs nothing to run.
#[track_caller]
fn works(plan: &Plan) -> std::path::PathBuf {
    let tree = build(plan).tree();
    assert_eq!(
        std::fs::read_to_string(tree.join("said")).expect("text"),
        SAID
    );
    let elf = elf(&tree.join("usr/bin/program"));
    assert!(!elf.interpreter && elf.needed == 0, "{elf:?}");
    tree
}

#[test]
#[ignore = "needs namespaces and Debian's pool"]
fn cmake_builds_a_program_in_cxx() {
    works(&by_cmake(&quick()));
}

#[test]
#[ignore = "needs namespaces and Debian's pool"]
fn meson_builds_a_program_in_cxx() {
    works(&by_meson(&quick()));
}

#[test]
#[ignore = "needs namespaces and Debian's pool"]
fn autotools_build_a_program_in_cxx() {
    works(&by_autotools(&quick()));
}

#[test]
#[ignore = "needs namespaces and Debian's pool"]
fn make_builds_a_program_in_cxx_and_one_for_the_build_machine() {
    let tree = works(&by_make(&quick()));
    let map = std::fs::read_to_string(tree.join("map")).expect("a map of the linker's");
    let taken: Vec<_> = map
        .lines()
        .filter(|line| line.starts_with('/') && line.contains("libstdc++.a"))
        .collect();
    assert!(!taken.is_empty(), "no C++ library was linked");
    let ours = |line: &&str| line.starts_with("/sysroot/x86_64-linux-musl/usr/lib/libstdc++.a");
    assert!(taken.iter().all(ours), "{taken:?}");
    let for_build = elf(&tree.join("for-build"));
    assert!(for_build.interpreter, "{for_build:?}");
}
