//! libcap: capabilities, the parts of what root may do.

use distill::cc_package;
use distill::package::{Config, env, execline};
use distill::plan::Plan;

/// libcap's library alone; what looks at capabilities by hand is in busybox.
pub fn libcap(config: &Config) -> Plan {
    cc_package! { config,
        name: "libcap", version: "2.75",
        licence: "BSD-3-Clause OR GPL-2.0-only", homepage: "https://sites.google.com/site/fullycapable/", cpe: "libcap_project:libcap",
        source: kernel("linux/libs/security/linux-privs/libcap2/libcap-$version.tar.xz",
            sha256("de4e7e064c9ba451d5234dd46e897d7c71c96a9ebf9a0c445bc04f4742d83632"))
            .or_debian("libc/libcap2/libcap2_$version.orig.tar.xz"),
        // Its header guesses names of its own: no gperf is needed.
        script: execline! {
            importas -i flags CFLAGS
            if { make -C libcap #{env::make_overrides} BUILD_CC=#{env::build_cc} COPTS=$flags
                SHARED=no USE_GPERF=no prefix=/usr lib=lib "libcap.a" "libcap.pc" }
            if { install -D -m 644 -t "/out/usr/lib" "libcap/libcap.a" }
            if { install -D -m 644 -t "/out/usr/lib/pkgconfig" "libcap/libcap.pc" }
            install -D -m 644 -t "/out/usr/include/sys" "libcap/include/sys/capability.h"
        },
    }
}
