//! The templates for compiled packages: what their builds see, and what they run.

use super::cc::Cc;
use super::cmake::Cmake;
use super::cmmi::Cmmi;
use super::definition::{BuildSystems, Config};
use super::env;
use super::meson::Meson;
use super::script::Script;
use super::source::{Pin, gnu, sha256};
use super::testing::{crossed, here, mistakes, paths, text};
use crate::plan::Plan;

fn source() -> Pin {
    gnu("tool/tool-$version.tar.gz", sha256("0".repeat(64)))
}

fn cc(config: &Config, cxx: bool) -> Plan {
    Cc {
        name: "tool".into(),
        version: "1".into(),
        source: Some(source()),
        cflags: vec!["-g0".into()],
        script: Script::new().command("true"),
        cxx,
        ..Cc::new(config)
    }
    .plan()
}

fn cmmi(config: &Config) -> Plan {
    Cmmi {
        name: "tool".into(),
        version: "1".into(),
        source: Some(source()),
        autoreconf: true,
        ..Cmmi::new(config)
    }
    .plan()
}

fn cmake(config: &Config, cxx: bool) -> Plan {
    Cmake {
        name: "tool".into(),
        version: "1".into(),
        source: Some(source()),
        subdir: "build/cmake".into(),
        options: ["-DTOOLS=OFF"].into(),
        targets: ["tool"].into(),
        install: ["--component", "tool"].into(),
        cxx,
        ..Cmake::new(config)
    }
    .plan()
}

fn meson(config: &Config, cxx: bool) -> Plan {
    Meson {
        name: "tool".into(),
        version: "1".into(),
        source: Some(source()),
        options: ["-Dtools=false"].into(),
        cflags: vec!["-DNAME='x'".into()],
        cxx,
        ..Meson::new(config)
    }
    .plan()
}

/// The lines of a plan's program that hold one of `words`.
fn lines(plan: &Plan, words: &[&str]) -> String {
    let program = text(plan, "build");
    let holds = |line: &&str| words.iter().any(|word| line.contains(word));
    program
        .lines()
        .filter(holds)
        .map(|line| format!("{}\n", line.trim()))
        .collect()
}

#[test]
fn a_package_in_c_has_nothing_of_cxx_and_one_in_cxx_has_all_of_it() {
    let config = here();
    let inputs = |cxx| {
        let mut paths = paths(&cc(&config, cxx));
        paths.retain(|path| path != "/build");
        paths
    };
    let (c, cxx) = (inputs(false), inputs(true));
    assert_eq!(c, ["/cc-tools", "/sysroot/x86_64-linux-musl/libc"]);
    assert_eq!(
        cxx,
        [
            "/cc-tools",
            "/cxx-tools",
            "/build-cxx-tools",
            "/sysroot/x86_64-linux-musl/libc",
            "/sysroot/x86_64-linux-musl/libcxx",
        ]
    );
    insta::assert_snapshot!(lines(&cc(&config, false), &["CXX", "CFLAGS"]), @r#"
    export CFLAGS "-Os -g0"
    export CXXFLAGS -g0
    "#);
    insta::assert_snapshot!(lines(&cc(&config, true), &["CXX", "CFLAGS"]), @r#"
    export CFLAGS "-Os -g0"
    export CXX x86_64-linux-musl-c++
    export CXXFLAGS "-O3 -g0"
    export CXX_FOR_BUILD build-c++
    "#);
}

#[test]
fn the_cxx_of_a_config_changes_nothing_for_a_package_in_c() {
    let with = here();
    let without = with.derive(|target| {
        target.toolchain.cxx_tools.clear();
        target.toolchain.libcxx.clear();
        target.toolchain.cxx.clear();
        target.toolchain.cxxflags.clear();
        target.build_systems = BuildSystems::default();
    });
    let build = |config: &Config| (paths(&cc(config, false)), text(&cc(config, false), "build"));
    assert_eq!(build(&with), build(&without));
}

#[test]
fn variables_have_the_same_names_in_every_config() {
    for config in [here(), crossed()] {
        let names = |variables: super::Variables| {
            let variables = variables.expand(&config).unwrap();
            variables.into_keys().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(env::cxx_env(&config)), "CXX CXXFLAGS CXX_FOR_BUILD");
        let c = names(env::cc_env(&config));
        assert!(!c.split(' ').any(|name| name == "CXX"), "{c}");
        assert_eq!(env::build_cxx(&config), "build-c++");
        assert_eq!(env::cxxflags(&config), "-O3");
    }
}

#[test]
fn cmake_is_told_of_the_toolchain() {
    let file = |config: &Config, cxx| text(&cmake(config, cxx), "toolchain.cmake");
    insta::assert_snapshot!(file(&here(), false), @r#"
    set(CMAKE_C_COMPILER x86_64-linux-musl-cc)
    set(CMAKE_AR x86_64-linux-musl-ar)
    set(CMAKE_RANLIB x86_64-linux-musl-ranlib)
    set(CMAKE_NM x86_64-linux-musl-nm)
    set(CMAKE_LINKER x86_64-linux-musl-ld)
    set(CMAKE_STRIP x86_64-linux-musl-strip)
    set(CMAKE_OBJCOPY x86_64-linux-musl-objcopy)
    set(CMAKE_READELF x86_64-linux-musl-readelf)
    set(CMAKE_C_FLAGS_RELEASE -DNDEBUG CACHE STRING "")
    set(CMAKE_CXX_FLAGS_RELEASE -DNDEBUG CACHE STRING "")
    set(CMAKE_FIND_ROOT_PATH /sysroot/x86_64-linux-musl /src)
    set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
    set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
    set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
    set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
    set(PKG_CONFIG_EXECUTABLE /usr/bin/pkg-config CACHE FILEPATH "")
    set(PKG_CONFIG_ARGN --static CACHE STRING "")
    "#);
    insta::assert_snapshot!(file(&crossed(), true), @r#"
    set(CMAKE_SYSTEM_NAME Linux)
    set(CMAKE_SYSTEM_PROCESSOR ppc64le)
    set(CMAKE_C_COMPILER powerpc64le-linux-musl-cc)
    set(CMAKE_CXX_COMPILER powerpc64le-linux-musl-c++)
    set(CMAKE_AR powerpc64le-linux-musl-ar)
    set(CMAKE_RANLIB powerpc64le-linux-musl-ranlib)
    set(CMAKE_NM powerpc64le-linux-musl-nm)
    set(CMAKE_LINKER powerpc64le-linux-musl-ld)
    set(CMAKE_STRIP powerpc64le-linux-musl-strip)
    set(CMAKE_OBJCOPY powerpc64le-linux-musl-objcopy)
    set(CMAKE_READELF powerpc64le-linux-musl-readelf)
    set(CMAKE_C_FLAGS_RELEASE -DNDEBUG CACHE STRING "")
    set(CMAKE_CXX_FLAGS_RELEASE -DNDEBUG CACHE STRING "")
    set(CMAKE_FIND_ROOT_PATH /sysroot/powerpc64le-linux-musl /src)
    set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
    set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
    set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
    set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
    set(PKG_CONFIG_EXECUTABLE /usr/bin/pkg-config CACHE FILEPATH "")
    set(PKG_CONFIG_ARGN --static CACHE STRING "")
    "#);
}

#[test]
fn cmake_configures_builds_and_installs() {
    insta::assert_snapshot!(lines(&cmake(&here(), false), &["cmake", "ninja", "DESTDIR"]), @r"
    cmake -S build/cmake -B _build -G Ninja -DCMAKE_TOOLCHAIN_FILE=/toolchain.cmake
    if { ninja -C _build tool }
    export DESTDIR /out
    cmake --install _build --component tool
    ");
}

#[test]
fn meson_is_told_of_the_toolchain() {
    insta::assert_snapshot!(text(&meson(&here(), false), "host.ini"), @r"
    [binaries]
    c = '/meson/cc'
    ar = 'x86_64-linux-musl-ar'
    nm = 'x86_64-linux-musl-nm'
    ranlib = 'x86_64-linux-musl-ranlib'
    strip = 'x86_64-linux-musl-strip'
    objcopy = 'x86_64-linux-musl-objcopy'
    readelf = 'x86_64-linux-musl-readelf'
    pkg-config = ['pkg-config', '--static']

    [built-in options]
    c_args = ['-Os', '-DNAME=\'x\'']
    c_link_args = ['-Wl,-O1']

    [properties]
    pkg_config_libdir = ['/sysroot/x86_64-linux-musl/usr/lib/pkgconfig', '/sysroot/x86_64-linux-musl/usr/share/pkgconfig']
    sys_root = '/sysroot/x86_64-linux-musl'
    ");
    insta::assert_snapshot!(text(&meson(&crossed(), true), "host.ini"), @r"
    [binaries]
    c = '/meson/cc'
    cpp = '/meson/c++'
    ar = 'powerpc64le-linux-musl-ar'
    nm = 'powerpc64le-linux-musl-nm'
    ranlib = 'powerpc64le-linux-musl-ranlib'
    strip = 'powerpc64le-linux-musl-strip'
    objcopy = 'powerpc64le-linux-musl-objcopy'
    readelf = 'powerpc64le-linux-musl-readelf'
    pkg-config = ['pkg-config', '--static']

    [built-in options]
    c_args = ['-Os', '-DNAME=\'x\'']
    c_link_args = ['-Wl,-O1']
    cpp_args = ['-O3', '-DNAME=\'x\'']
    cpp_link_args = ['-Wl,-O1']

    [properties]
    pkg_config_libdir = ['/sysroot/powerpc64le-linux-musl/usr/lib/pkgconfig', '/sysroot/powerpc64le-linux-musl/usr/share/pkgconfig']
    sys_root = '/sysroot/powerpc64le-linux-musl'

    [host_machine]
    system = 'linux'
    cpu_family = 'ppc64'
    cpu = 'powerpc64le'
    endian = 'little'
    ");
    insta::assert_snapshot!(text(&meson(&crossed(), true), "build-machine.ini"), @r"
    [binaries]
    c = 'build-cc'
    cpp = 'build-c++'
    ar = 'build-ar'
    nm = 'build-nm'
    ranlib = 'build-ranlib'
    strip = 'build-strip'
    objcopy = 'build-objcopy'
    readelf = 'build-readelf'
    ");
}

#[test]
fn meson_finds_libraries_in_the_sysroot_alone() {
    insta::assert_snapshot!(text(&meson(&here(), true), "meson/c++"), @r#"
    #!/bin/sh
    case " $* " in *' --print-search-dirs '*) echo libraries: =/sysroot/x86_64-linux-musl/usr/lib; exit;; esac
    exec x86_64-linux-musl-c++ "$@"
    "#);
}

#[test]
fn meson_configures_builds_and_installs() {
    let words = ["meson", "ninja", "DESTDIR"];
    insta::assert_snapshot!(lines(&meson(&here(), false), &words), @r"
    meson setup --native-file /host.ini --prefix=/usr --libdir=lib --sysconfdir=/etc
    if { ninja -C _build }
    export DESTDIR /out
    meson install -C _build --no-rebuild
    ");
    insta::assert_snapshot!(lines(&meson(&crossed(), false), &words), @r"
    meson setup --cross-file /host.ini --native-file /build-machine.ini --prefix=/usr --libdir=lib
    if { ninja -C _build }
    export DESTDIR /out
    meson install -C _build --no-rebuild
    ");
}

#[test]
fn configure_is_made_with_the_macros_of_libraries() {
    insta::assert_snapshot!(lines(&cmmi(&here()), &["ACLOCAL", "autoreconf", "./configure"]), @r"
    export ACLOCAL_PATH /sysroot/x86_64-linux-musl/usr/share/aclocal
    autoreconf --force --install --verbose
    ./configure --build=x86_64-linux-musl --host=x86_64-linux-musl --prefix=/usr --sysconfdir=/etc
    ");
}

#[test]
fn each_build_system_is_seen_by_its_own_packages_alone() {
    let config = here();
    let has = |plan: &Plan| {
        let mut systems = paths(plan);
        systems.retain(|path| ["/autotools", "/cmake", "/meson"].contains(&path.as_str()));
        systems
    };
    assert_eq!(has(&cc(&config, false)), Vec::<String>::new());
    assert_eq!(has(&cmmi(&config)), ["/autotools"]);
    assert_eq!(has(&cmake(&config, false)), ["/cmake"]);
    assert_eq!(has(&meson(&config, false)), ["/meson"]);
}

#[test]
fn a_build_system_that_the_config_lacks_is_a_mistake_of_the_recipe() {
    let config = here().derive(|target| target.build_systems = BuildSystems::default());
    for (plan, field) in [
        (cmmi(&config), "autotools"),
        (cmake(&config, false), "cmake"),
        (meson(&config, false), "meson"),
    ] {
        let mistakes = mistakes(&plan);
        let [mistake] = mistakes.as_slice() else {
            panic!("{mistakes:?}")
        };
        assert!(mistake.contains("package/tests.rs"), "{mistake}");
        let hint = format!("Target::build_systems.{field}");
        assert!(mistake.contains(&hint), "{mistake}");
    }
}

#[test]
fn a_failure_is_told_with_what_to_write() {
    let config = here();
    let hints = |plan: &Plan, line: &str| {
        let lines = ["first".to_owned(), line.to_owned()];
        plan.meta().hints_for(&lines).concat()
    };
    let c = cc(&config, false);
    assert!(hints(&c, "make: g++: No such file or directory").contains("`cxx: true`"));
    assert_eq!(hints(&c, "make: all is well"), "");
    let cxx = cc(&config, true);
    assert_eq!(hints(&cxx, "make: g++: No such file or directory"), "");
    let cmake = cmake(&config, false);
    assert!(hints(&cmake, "  Could NOT find ZLIB (missing: ZLIB_LIBRARY)").contains("`libs`"));
    assert_eq!(hints(&cmake, "-- Could NOT find Doxygen"), "");
}
