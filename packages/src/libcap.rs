//! libcap: capabilities, the parts of what root may do.

use distill::cc_package;
use distill::package::source::{Pin, kernel, sha256};
use distill::package::{Config, env, execline, strip_all};
use distill::plan::Plan;

/// What the library and `capsh` are made of.
fn source() -> Pin {
    kernel(
        "linux/libs/security/linux-privs/libcap2/libcap-$version.tar.xz",
        sha256("de4e7e064c9ba451d5234dd46e897d7c71c96a9ebf9a0c445bc04f4742d83632"),
    )
    .or_debian("libc/libcap2/libcap2_$version.orig.tar.xz")
}

/// `capsh`, which runs a program with some capabilities and no others.
pub fn capsh(config: &Config) -> Plan {
    cc_package! { config,
        name: "capsh", version: "2.75",
        licence: "BSD-3-Clause OR GPL-2.0-only", homepage: "https://sites.google.com/site/fullycapable/", cpe: "libcap_project:libcap",
        source: source(),
        libs: [libcap],
        script: execline! {
            cd progs
            importas -i cc CC
            importas -i -s cflags CFLAGS
            importas -i -s ldflags LDFLAGS
            // What its Makefile would do, with the library that is there.
            if { $cc $cflags $ldflags -I "../libcap/include" -o capsh "capsh.c" "capshdoc.c" -lcap }
            if { install -D -m 755 -t "/out/usr/sbin" capsh }
            #{strip_all()}
        },
    }
}

/// libcap's library alone; what looks at capabilities by hand is in busybox.
pub fn libcap(config: &Config) -> Plan {
    cc_package! { config,
        name: "libcap", version: "2.75",
        licence: "BSD-3-Clause OR GPL-2.0-only", homepage: "https://sites.google.com/site/fullycapable/", cpe: "libcap_project:libcap",
        source: source(),
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
