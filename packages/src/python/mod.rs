//! Python: the interpreter of the language, and its standard library.

mod tools;

use distill::cmmi_package;
use distill::package::{Config, execline};
use distill::plan::Plan;

pub use tools::tools;

use crate::{libbz2, libedit, libffi, libxz, ncurses, openssl, seed, sqlite, zlib};

/// The part of the version that Python's directories are named by.
pub const SERIES: &str = "3.13";

/// The modules of the standard library that [`python3`] lacks, each with the reason.
pub const MISSING: [(&str, &str); 11] = [
    ("_dbm", "`dbm.sqlite3` and `dbm.dumb` are there"),
    ("_gdbm", "`dbm.sqlite3` and `dbm.dumb` are there"),
    (
        "_pyrepl._minimal_curses",
        "it is for a Python without `_curses`",
    ),
    ("_tkinter", "there is no Tk"),
    ("_uuid", "`uuid` does without"),
    (
        "ensurepip",
        "packages are made by recipes, not on a machine",
    ),
    ("idlelib", "it needs Tk"),
    ("tkinter", "there is no Tk"),
    ("turtle", "it needs Tk"),
    ("turtledemo", "it needs Tk"),
    ("test", "only Python's own developers use it"),
];

/// Applies Debian's patches for faults that were found since, and for the OpenSSL that there is now: those with
/// these names.
const PATCH: &str = "\
patches=$(grep -E '^(CVE-|ssl-|dict-|traverse-|issue127330)' /src/debian/patches/series)
for patch in $patches; do patch -p1 -s -i \"/src/debian/patches/$patch\"; done";

/// `python3` with its standard library, as one static program: all modules in C are in it. [`MISSING`] lists what
/// is not.
///
/// A static program loads nothing: packages that have a part in C cannot be imported, and `ctypes` knows structures
/// and pointers but no libraries (`ctypes.pythonapi` is `None`). `readline` is libedit's. The C library knows no
/// locale but C, in UTF-8.
pub fn python3(config: &Config) -> Plan {
    let version = "3.13.5";
    let dir = format!("/src/python3-{version}");
    let interpreter = format!("--with-build-python=/usr/bin/python{SERIES}");
    cmmi_package! { config,
        name: "python3", version,
        licence: "Python-2.0.1", homepage: "https://www.python.org/", cpe: "python:python",
        source: url("https://www.python.org/ftp/python/$version/Python-$version.tar.xz",
            sha256("93e583f243454e6e9e4588ca2c2662206ad961659863277afcdb96801647d640"))
            .or_debian("p/python3.13/python3.13_$version.orig.tar.xz"),
        sources: [debian("p/python3.13/python3.13_$version-2+deb13u5.debian.tar.xz",
            sha256("a51f456e654ce2c9b40cc1db8005e5041cdb0b2c3aa96ab0871c49fe95280366"))
            .at("/src/debian")],
        patches: [include_str!("static.patch")],
        // The same for every host: what the build runs is the build machine's own Python.
        tools: [seed::python],
        libs: [libbz2, libedit, libffi, libxz, ncurses, openssl, sqlite, zlib],
        env: [
            ("MODULE_BUILDTYPE", "static"),
            ("OPT", "-DNDEBUG -fwrapv -Wall"),
        ],
        // A thread of musl's has 128 KiB for its stack, and Python counts on as much as the first thread has.
        cflags: ["-O2", "-DTHREAD_STACK_SIZE=0x800000"],
        prepare: execline! {
            if { sh -ec #{PATCH} }
        },
        extra_configure: [
            interpreter.as_str(), "--without-ensurepip", "--disable-test-modules", "--with-readline=editline",
            "--with-platlibdir=lib", "ac_cv_buggy_getaddrinfo=no", "ac_cv_file__dev_ptmx=yes",
            "ac_cv_file__dev_ptc=no",
        ],
        // There is nothing that could be loaded, and would look for the program's symbols.
        make: ["LINKFORSHARED="],
        // Compiled by this recipe, see below: with these words it would tell how.
        install: ["LINKFORSHARED=", "DESTDIR=/out", "COMPILEALL_OPTS=--help", "altbininstall", "libinstall"],
        cleanup: execline! {
            if { sh -ec #{include_str!("install.sh")} sh #{SERIES} #{dir} }
        },
    }
}
