//! What mends the failures that programs in Rust meet.

use crate::plan::Hint;

/// Each by what cargo, rustc, a build script or the linker says.
pub(super) const HINTS: [Hint; 10] = [
    Hint {
        seen: &[
            "because --locked was passed",
            "location searched: directory source `/vendor`",
        ],
        text: "`Cargo.lock` is out of date: run `cargo update --workspace` where the program's `Cargo.toml` lies",
    },
    Hint {
        seen: &[
            "is not supported by the following package",
            "cannot be built because it requires rustc",
        ],
        text: "the program, or a crate of it, wants a newer Rust than the config's: take older crates, or another \
               compiler in `Target::rust`",
    },
    Hint {
        seen: &["differ: char", "cmp: EOF on"],
        text: "`lock` is another list than the `Cargo.lock` of the source: copy that one",
    },
    Hint {
        seen: &["openssl-sys", "Could not find directory of OpenSSL"],
        text: "`openssl-sys` binds to OpenSSL: `libs: [openssl]`; many crates have a feature for rustls, which needs \
               nothing",
    },
    Hint {
        seen: &["libsqlite3-sys"],
        text: "`libsqlite3-sys` binds to SQLite: its feature `bundled` brings it",
    },
    Hint {
        seen: &[
            "The system library `",
            "= note: /usr/bin/ld: cannot find -l",
            "ld: cannot find -l",
        ],
        text: "a crate whose name ends in `-sys` binds to a library, which has to be among `libs`; many of them have a \
               feature that brings it, such as `vendored` or `bundled`",
    },
    Hint {
        seen: &[
            "gnu_get_libc_version",
            "__libc_single_threaded",
            "__register_atfork",
        ],
        text: "a part of the program is made for glibc alone; what Distill builds is linked with musl, statically",
    },
    Hint {
        seen: &[
            "c++: not found",
            "\"c++\"",
            "cannot find -lstdc++",
            "failed to find tool \"g++\"",
        ],
        text: "a program with a crate in C++ says `cxx: true`",
    },
    Hint {
        seen: &["cannot access '/out/usr/bin'"],
        text: "cargo has built no program: `package` names the one of a workspace that has programs",
    },
    Hint {
        seen: &["no bin target named"],
        text: "`bins` names programs of the source, as its `Cargo.toml` or the files in `src/bin` call them",
    },
];
