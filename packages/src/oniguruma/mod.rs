//! Oniguruma: regular expressions in many encodings.

use distill::cc_package;
use distill::package::{Config, env, execline};
use distill::plan::Plan;

use crate::own_file::own_file;

/// Oniguruma, as a library. Its repository has no `configure`; two files of ours stand for it.
pub fn oniguruma(config: &Config) -> Plan {
    cc_package! { config,
        name: "oniguruma", version: "6.9.9",
        licence: "BSD-2-Clause", homepage: "https://github.com/kkos/oniguruma", cpe: "oniguruma_project:oniguruma",
        source: debian("libo/libonig/libonig_$version.orig.tar.gz",
            sha256("001aa1202e78448f4c0bf1a48c76e556876b36f16d92ce3207eccfd61d99f2a0")),
        files: [
            own_file("src/files/GNUmakefile", include_str!("GNUmakefile")),
            own_file("src/files/config.h", include_str!("config.h")),
        ],
        script: execline! {
            if { cp "/src/files/GNUmakefile" GNUmakefile }
            if { cp "/src/files/config.h" "src/config.h" }
            importas -i cflags CFLAGS
            make #{env::make_overrides} CFLAGS=$cflags DESTDIR=/out install
        },
    }
}
