//! The trusted seed: Debian binary packages (suite trixie, amd64), each pinned by hash, unpacked
//! without running anything. (ninja is from the suite after it: it is the first that takes its turns from
//! make's job server, so that packages which are built at the same time do not crowd each other out.)
//!
//! `packages.tsv` is the list. What maintainer scripts would have done, as far as a build needs it,
//! is done here: a few symbolic links and the two files that name root.

use distill::package::source::{debian, sha256};
use distill::package::{BuildSystems, Config, Package, Pin, Placed, merged};
use distill::plan::{AbsPath, Artifact, Literal, LiteralNode, Mode, Plan, RelPath};

/// One row of `packages.tsv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The Debian package.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The path in Debian's archive.
    pub path: &'static str,
    /// SHA-256, 64 hexadecimal digits.
    pub sha256: &'static str,
    /// What it is needed for.
    pub group: &'static str,
}

/// All rows of the seed.
pub fn rows() -> impl Iterator<Item = Row> {
    include_str!("packages.tsv").lines().skip(1).map(|line| {
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap_or_default();
        let (name, version, path, sha256, _size) = (next(), next(), next(), next(), next());
        Row {
            name,
            version,
            path,
            sha256,
            group: next(),
        }
    })
}

/// What is never needed to build: manuals, and the largest part of link-time optimisation.
const LEFT_OUT: [&str; 10] = [
    "usr/share/doc",
    "usr/share/man",
    "usr/share/info",
    "usr/share/locale",
    "usr/share/doc-base",
    "usr/share/lintian",
    "usr/share/bug",
    "usr/lib/gcc/*/*/lto1",
    "usr/libexec/gcc/*/*/lto1",
    "usr/bin/*lto-dump*",
];

/// What is left out of one package, since another one has it.
const LEFT_OUT_OF: [(&str, &str); 1] = [("pkgconf", "usr/bin")];

/// The unpacked package of a row.
pub fn unpacked(row: &Row) -> Artifact {
    let of_this = LEFT_OUT_OF.iter().filter(|(name, _)| *name == row.name);
    let pin = pin_of(row)
        .exclude(LEFT_OUT)
        .exclude(of_this.map(|(_, path)| *path));
    pin.tree(row.name, row.version)
        .expect("the rows are checked by a test")
}

/// The package of a row, with everything that it has.
fn pin_of(row: &Row) -> Pin {
    let path = row.path.strip_prefix("pool/main/").unwrap_or(row.path);
    debian(path, sha256(row.sha256)).keep_top()
}

/// The packages of some groups, as one tree, with links and files of our own.
fn tree(name: &str, wanted: impl Fn(&Row) -> bool, own: Literal) -> Plan {
    let placed = |of: Artifact| Placed {
        at: Some(AbsPath::root()),
        of,
    };
    let packages = rows().filter(wanted).map(|row| placed(unpacked(&row)));
    merged(
        name,
        packages.chain([placed(own.into())]).collect::<Vec<_>>(),
    )
}

fn links(links: &[(&str, &str)]) -> Literal {
    let node = |target: &str| LiteralNode::Symlink {
        target: target.to_owned(),
    };
    let path = |path: &str| RelPath::new(path).expect("a constant");
    Literal(
        links
            .iter()
            .map(|(at, target)| (path(at), node(target)))
            .collect(),
    )
}

/// What every build finds at `/`: gcc, binutils, make, a shell, coreutils and their like, execline.
pub fn core(_: &Config) -> Plan {
    const EXECLINE: [&str; 3] = ["execline", "libexecline2.9", "libskarnet2.14t64"];
    let mut own = links(&[
        ("usr/bin/cc", "gcc-14"),
        ("usr/bin/gcc", "gcc-14"),
        ("usr/bin/cpp", "x86_64-linux-gnu-cpp-14"),
        ("usr/bin/gcov", "gcov-14"),
        ("usr/bin/gcc-ar", "gcc-ar-14"),
        ("usr/bin/gcc-nm", "gcc-nm-14"),
        ("usr/bin/gcc-ranlib", "gcc-ranlib-14"),
        ("usr/bin/awk", "mawk"),
        ("usr/bin/pkg-config", "pkgconf"),
    ]);
    for (path, text) in [
        (
            "etc/passwd",
            "root:x:0:0:root:/tmp:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
        ),
        ("etc/group", "root:x:0:\nnogroup:x:65534:\n"),
    ] {
        let node = LiteralNode::File {
            mode: Some(Mode::FILE),
            contents: text.into(),
        };
        own.0.insert(RelPath::new(path).expect("a constant"), node);
    }
    tree(
        "seed-core",
        |row| row.group == "core" || EXECLINE.contains(&row.name),
        own,
    )
}

/// What a kernel's build needs beside the core: bc, flex, bison, libelf for its own tools.
pub fn kernel(_: &Config) -> Plan {
    tree(
        "seed-kernel",
        |row| row.group == "kernel",
        links(&[("usr/bin/yacc", "bison.yacc")]),
    )
}

/// All of perl: for OpenSSL, and for what autotools made.
pub fn perl(_: &Config) -> Plan {
    tree(
        "seed-perl",
        |row| row.group == "perl-heavy",
        Literal::default(),
    )
}

/// The libraries that more than one of the groups below link with. They are an input of their own, so that a
/// build may have several of the groups.
const SHARED: [&str; 25] = [
    "libbrotli1",
    "libcom-err2",
    "libcurl4t64",
    "libffi8",
    "libgnutls30t64",
    "libgssapi-krb5-2",
    "libhogweed6t64",
    "libidn2-0",
    "libk5crypto3",
    "libkeyutils1",
    "libkrb5-3",
    "libkrb5support0",
    "libldap2",
    "libnettle8t64",
    "libnghttp2-14",
    "libnghttp3-9",
    "libp11-kit0",
    "libpsl5t64",
    "librtmp1",
    "libsasl2-2",
    "libsqlite3-0",
    "libssh2-1t64",
    "libtasn1-6",
    "libunistring5",
    "libxml2",
];

/// Libraries that Python, CMake, cargo and the like link with.
pub fn libraries(_: &Config) -> Plan {
    tree(
        "seed-libraries",
        |row| SHARED.contains(&row.name),
        Literal::default(),
    )
}

/// A group, but for what is in [`libraries`].
fn group(name: &'static str, own: Literal) -> Plan {
    let wanted = |row: &Row| row.group == name && !SHARED.contains(&row.name);
    tree(&format!("seed-{name}"), wanted, own)
}

/// The build systems of the seed.
pub fn build_systems() -> BuildSystems {
    BuildSystems {
        autotools: vec![autotools.into(), perl.into()],
        cmake: vec![cmake.into(), ninja.into()],
        meson: vec![meson.into(), python.into(), ninja.into()],
    }
}

/// autoconf and a collection of its macros, automake, libtool, gettext, and the macros of pkg-config. They are
/// programs in perl ([`perl`]).
pub fn autotools(_: &Config) -> [Package; 2] {
    let own = links(&[
        ("usr/bin/aclocal", "aclocal-1.17"),
        ("usr/bin/automake", "automake-1.17"),
    ]);
    with_libraries(group("autotools", own))
}

/// CMake. What it links with was found by its `DT_NEEDED` entries.
pub fn cmake(_: &Config) -> [Package; 2] {
    with_libraries(group("cmake", Literal::default()))
}

/// Meson, which is a program in Python ([`python`]).
pub fn meson(_: &Config) -> Plan {
    group("meson", Literal::default())
}

/// ninja: runs what CMake and Meson have worked out.
pub fn ninja(_: &Config) -> Plan {
    group("ninja", Literal::default())
}

/// The C++ compiler. Its C++ library is not there: see [`libstdcxx`].
pub fn cxx(_: &Config) -> Plan {
    tree(
        "seed-cxx",
        |row| row.group == "gcc" && row.name != LIBSTDCXX,
        links(&[("usr/bin/g++", "g++-14"), ("usr/bin/c++", "g++-14")]),
    )
}

/// The C++ library for programs that run during a build.
pub fn libstdcxx(_: &Config) -> Plan {
    tree(
        "seed-libstdcxx",
        |row| row.name == LIBSTDCXX,
        Literal::default(),
    )
}

const LIBSTDCXX: &str = "libstdc++-14-dev";

/// rustc and cargo, and Rust's standard library for programs that run during a build. These are what Debian has
/// of Rust for browsers: newer than the rest of its suite, and made for it. What cargo and LLVM link with was
/// found by their `DT_NEEDED` entries.
pub fn rust(_: &Config) -> [Package; 2] {
    with_libraries(group("rust", Literal::default()))
}

/// The version of [`rust`].
pub const RUST_VERSION: &str = "1.96.0";

/// Where the source of Rust's standard library lies in [`rust_source`].
pub(crate) const RUST_LIBRARY: &str = "usr/src/rustc-1.96.0/library";

/// The source of Rust's standard library, with most of what it is made from.
pub fn rust_source(_: &Config) -> Artifact {
    let row = rows().find(|row| row.group == "rust-src");
    let row = row.expect("the rows are checked by a test");
    pin_of(&row)
        .include([RUST_LIBRARY])
        .tree(row.name, row.version)
        .expect("the rows are checked by a test")
}

/// The version of [`go`].
pub const GO_VERSION: &str = "1.24.4";

/// Go's compiler, linker and standard library. What it builds needs nothing else.
pub fn go(_: &Config) -> Plan {
    group("go", links(&[("usr/bin/go", "../lib/go-1.24/bin/go")]))
}

/// gperf: for tables of words that are looked up by a perfect hash.
pub fn gperf(_: &Config) -> Plan {
    tree("seed-gperf", |row| row.name == "gperf", Literal::default())
}

/// cpio, for initial root file systems in memory.
pub fn cpio(_: &Config) -> Plan {
    tree("seed-cpio", |row| row.group == "cpio", Literal::default())
}

/// Python, for build systems in it.
pub fn python(_: &Config) -> [Package; 2] {
    with_libraries(group("python", Literal::default()))
}

/// A group, and what it links with.
fn with_libraries(group: Plan) -> [Package; 2] {
    [group.into(), libraries.into()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use distill::plan::archive::Format;

    #[test]
    fn rows_are_whole_and_pinned() {
        assert!(rows().count() > 100);
        for row in rows() {
            assert!(Format::of_name(row.path) == Some(Format::Deb), "{row:?}");
            assert!(!row.group.is_empty(), "{row:?}");
            let pin = debian(row.path, sha256(row.sha256));
            assert!(pin.source(row.name, row.version).is_ok(), "{row:?}");
        }
    }

    #[test]
    fn no_package_stands_twice() {
        let names: std::collections::BTreeSet<_> = rows().map(|row| row.name).collect();
        assert_eq!(names.len(), rows().count());
    }

    #[test]
    fn what_groups_share_is_a_row_and_not_what_builds_have_anyway() {
        for name in SHARED {
            let row = rows().find(|row| row.name == name);
            assert!(row.is_some_and(|row| row.group != "core"), "{name}");
        }
    }

    #[test]
    fn a_group_that_a_build_system_names_has_rows() {
        for name in [
            "autotools",
            "cmake",
            "meson",
            "ninja",
            "python",
            "gcc",
            "rust",
            "rust-src",
            "go",
        ] {
            assert!(rows().any(|row| row.group == name), "{name}");
        }
    }
}
