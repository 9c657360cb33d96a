//! iproute2: addresses, routes and traffic control.

use distill::cc_package;
use distill::package::{Config, execline, strip_all};
use distill::plan::Plan;

use crate::seed;

/// `ip`, `ss`, `bridge`, `tc`.
pub fn iproute2(config: &Config) -> Plan {
    cc_package! { config,
        name: "iproute2", version: "6.1.0",
        licence: "GPL-2.0-or-later", homepage: "https://wiki.linuxfoundation.org/networking/iproute2", cpe: "iproute2_project:iproute2",
        source: kernel("linux/utils/net/iproute2/iproute2-$version.tar.xz",
            sha256("5ce12a0fec6b212725ef218735941b2dab76244db7e72646a76021b0537b43ab"))
            .or_debian("i/iproute2/iproute2_$version.orig.tar.xz"),
        // musl does not declare `struct timeval` and GNU's `basename` where glibc does.
        patches: [include_str!("musl.patch")],
        tools: [seed::kernel],
        // None of the libraries that its configure would look for.
        env: [("PKG_CONFIG", "false"), ("YACC", "bison")],
        script: execline! {
            if { "./configure" }
            importas -i cc CC
            importas -i ar AR
            importas -i cflags CFLAGS
            importas -i ldflags LDFLAGS
            if { make "SUBDIRS=lib ip bridge misc tc" CC=$cc AR=$ar SHARED_LIBS=n SBINDIR=/usr/sbin
                CCOPTS=$cflags LDFLAGS=$ldflags }
            if { install -D -m 755 -t "/out/usr/sbin" "ip/ip" "bridge/bridge" "misc/ss" "tc/tc" }
            #{strip_all()}
        },
    }
}
