//! jq: queries and edits JSON.

use distill::cc_package;
use distill::package::{Config, env, execline, strip_all};
use distill::plan::Plan;

use crate::oniguruma;
use crate::own_file::own_file;

/// `jq`. Its repository has no `configure`; two files of ours stand for it.
pub fn jq(config: &Config) -> Plan {
    cc_package! { config,
        name: "jq", version: "1.7.1",
        licence: "MIT", homepage: "https://jqlang.org/", cpe: "jqlang:jq",
        source: debian("j/jq/jq_$version.orig.tar.gz",
            sha256("fc75b1824aba7a954ef0886371d951c3bf4b6e0a921d1aefc553f309702d6ed1")),
        libs: [oniguruma],
        files: [
            own_file("src/files/GNUmakefile", include_str!("GNUmakefile")),
            own_file("src/files/config.h", include_str!("config.h")),
        ],
        script: execline! {
            if { cp "/src/files/GNUmakefile" GNUmakefile }
            if { cp "/src/files/config.h" "config.h" }
            importas -i cflags CFLAGS
            importas -i ldflags LDFLAGS
            if { make #{env::make_overrides} CFLAGS=$cflags LDFLAGS=$ldflags }
            if { make #{env::make_overrides} CFLAGS=$cflags LDFLAGS=$ldflags DESTDIR=/out install }
            #{strip_all()}
        },
    }
}
