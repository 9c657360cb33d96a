//! What is told when a recipe lacks something, by the tools as they are.

use distill::package::{Config, execline};
use distill::plan::{Artifact, Mode, Plan, RelPath};
use distill::{cc_package, cmake_package, cmmi_package, meson_package};
use distill_packages::{quick, seed};

use crate::build::build;

fn file(name: &str, text: &str) -> Artifact {
    let path = RelPath::new(format!("src/mistake-1/{name}")).expect("a path");
    Artifact::file(path, Mode::FILE, text)
}

fn cmake(config: &Config, files: Vec<Artifact>) -> Plan {
    cmake_package! { config, name: "mistake", version: "1", source: None, files }
}

fn meson(config: &Config, files: Vec<Artifact>) -> Plan {
    // libelf lies on the build machine here, with what pkg-config reads, and a part of its C library, libanl.
    meson_package! { config, name: "mistake", version: "1", source: None, tools: [seed::kernel], files }
}

fn configure(config: &Config) -> Plan {
    cmmi_package! { config, name: "mistake", version: "1", source: None }
}

fn make(config: &Config) -> Plan {
    cc_package! { config, name: "mistake", version: "1", source: None,
        files: [file("Makefile", "all: program\n"), file("program.cc", "int main() {}\n")],
        script: execline! { make },
    }
}

/// The failure says what the tool says, and what to write.
#[track_caller]
pub(crate) fn tells(plan: &Plan, said: &str, hint: &str) {
    let built = build(plan);
    let told = built.failure();
    let hinted = |line: &str| line.starts_with("hint: ") && line.contains(hint);
    assert!(told.contains(said), "{told}");
    assert!(told.lines().any(hinted), "{told}");
}

#[test]
#[ignore = "needs namespaces and Debian's pool"]
fn a_source_of_another_build_system() {
    let config = quick();
    tells(&cmake(&config, vec![]), "CMakeLists.txt", "`subdir`");
    tells(&meson(&config, vec![]), "meson.build", "`subdir`");
    tells(&configure(&config), "./configure", "`autoreconf: true`");
}

#[test]
#[ignore = "needs namespaces and Debian's pool"]
fn a_program_in_cxx_that_does_not_say_so() {
    let config = quick();
    let project = file(
        "CMakeLists.txt",
        "cmake_minimum_required(VERSION 3.20)\nproject(mistake)\n",
    );
    tells(
        &cmake(&config, vec![project]),
        "CMAKE_CXX_COMPILER",
        "`cxx: true`",
    );
    let project = file("meson.build", "project('mistake', 'cpp')\n");
    tells(
        &meson(&config, vec![project]),
        "Unknown compiler",
        "`cxx: true`",
    );
    tells(&make(&config), "g++", "`cxx: true`");
}

#[test]
#[ignore = "needs namespaces and Debian's pool"]
fn a_library_that_is_not_among_the_inputs() {
    let config = quick();
    let cmake_file = |wants: &str| {
        let text = format!("cmake_minimum_required(VERSION 3.20)\nproject(mistake C)\n{wants}\n");
        vec![file("CMakeLists.txt", &text)]
    };
    for (wants, said) in [
        ("find_package(ZLIB REQUIRED)", "Could NOT find ZLIB"),
        ("find_package(fmt CONFIG REQUIRED)", "\"fmt\""),
        (
            "find_package(PkgConfig REQUIRED)\npkg_check_modules(ELF REQUIRED libelf)",
            "libelf",
        ),
    ] {
        tells(&cmake(&config, cmake_file(wants)), said, "`libs`");
    }
    for (wants, said) in [
        ("dependency('libelf')", "\"libelf\" not found"),
        (
            "meson.get_compiler('c').find_library('elf')",
            "'elf' not found",
        ),
        (
            "meson.get_compiler('c').find_library('anl')",
            "'anl' not found",
        ),
    ] {
        let project = file(
            "meson.build",
            &format!("project('mistake', 'c')\n{wants}\n"),
        );
        tells(&meson(&config, vec![project]), said, "`libs`");
    }
}
