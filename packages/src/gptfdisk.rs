//! GPT fdisk: partition tables by hand and by script.

use distill::cc_package;
use distill::package::{Config, env, execline, strip_all};
use distill::plan::Plan;

use crate::{popt, util_linux};

/// `sgdisk`, `gdisk` and `fixparts`.
pub fn gptfdisk(config: &Config) -> Plan {
    cc_package! { config,
        name: "gptfdisk", version: "1.0.10",
        licence: "GPL-2.0-or-later", homepage: "https://www.rodsbooks.com/gdisk/", cpe: "gptfdisk_project:gptfdisk",
        source: sourceforge("gptfdisk/gptfdisk/$version/gptfdisk-$version.tar.gz",
            sha256("2abed61bc6d2b9ec498973c0440b8b804b7a72d7144069b5a9209b2ad693a282"))
            .or_debian("g/gdisk/gdisk_$version.orig.tar.gz"),
        cxx: true,
        cflags: ["-D_FILE_OFFSET_BITS=64"],
        libs: [popt, util_linux],
        script: execline! {
            if { make #{env::make_overrides} CXX=#{env::cxx} sgdisk gdisk fixparts }
            if { install -D -m 755 -t "/out/usr/sbin" sgdisk gdisk fixparts }
            #{strip_all()}
        },
    }
}
