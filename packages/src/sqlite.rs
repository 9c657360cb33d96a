//! SQLite: a database in a file.

use distill::cc_package;
use distill::package::{Config, execline};
use distill::plan::{Artifact, Plan};

use crate::own_file::own_file;

/// The version of SQLite that this version of the crate brings.
const VERSION: &str = "3.54.1";

/// How it is compiled. Nothing is loaded into a static program.
const OPTIONS: [&str; 11] = [
    "-DSQLITE_THREADSAFE=1",
    "-DSQLITE_OMIT_LOAD_EXTENSION",
    "-DSQLITE_ENABLE_COLUMN_METADATA",
    "-DSQLITE_ENABLE_DBSTAT_VTAB",
    "-DSQLITE_ENABLE_FTS3",
    "-DSQLITE_ENABLE_FTS3_PARENTHESIS",
    "-DSQLITE_ENABLE_FTS5",
    "-DSQLITE_ENABLE_MATH_FUNCTIONS",
    "-DSQLITE_ENABLE_RTREE",
    "-DSQLITE_ENABLE_STMTVTAB",
    "-DHAVE_USLEEP=1",
];

/// What pkg-config tells of it.
fn description() -> Artifact {
    own_file(
        "sqlite3.pc",
        &format!(
            "prefix=/usr\nName: SQLite\nDescription: a database in a file\nVersion: {VERSION}\n\
             Libs: -L${{prefix}}/lib -lsqlite3\nLibs.private: -lm -lpthread\nCflags: -I${{prefix}}/include\n"
        ),
    )
}

/// SQLite, as a library, with full-text search, R*Trees and mathematics. Its source is the one file that its
/// authors make of all of theirs, as the crate that binds to it brings it.
pub fn sqlite(config: &Config) -> Plan {
    cc_package! { config,
        name: "sqlite", version: VERSION,
        licence: "blessing", homepage: "https://www.sqlite.org/", cpe: "sqlite:sqlite",
        source: crates_io("libsqlite3-sys", "0.40.0",
            sha256("b06e69070b7e12262b0cd90832f0a7396f142a2b330181255562decf9f0c6215"))
            .include(["*/sqlite3/sqlite3.c", "*/sqlite3/sqlite3.h", "*/sqlite3/sqlite3ext.h"]),
        files: [description()],
        cflags: ["-O2"],
        script: execline! {
            importas -i -s cc CC
            importas -i -s cflags CFLAGS
            importas -i ar AR
            cd sqlite3
            if { grep -qF #{format!("#define SQLITE_VERSION        \"{VERSION}\"")} "sqlite3.h" }
            if { $cc $cflags #{OPTIONS} -c "sqlite3.c" }
            if { mkdir -p "/out/usr/lib" }
            if { $ar rcsD "/out/usr/lib/libsqlite3.a" "sqlite3.o" }
            if { install -D -m 644 -t "/out/usr/include" "sqlite3.h" "sqlite3ext.h" }
            install -D -m 644 -t "/out/usr/lib/pkgconfig" "/sqlite3.pc"
        },
    }
}
