//! Zstandard: fast compression.

use distill::cc_package;
use distill::package::{Config, Package, env, execline, strip_all, subpackage};
use distill::plan::Plan;

/// Zstandard: `zstd` and its library, with threads.
pub fn zstd(config: &Config) -> Plan {
    cc_package! { config,
        name: "zstd", version: "1.5.7",
        licence: "BSD-3-Clause OR GPL-2.0-only", homepage: "https://facebook.github.io/zstd/", cpe: "facebook:zstandard",
        // Debian's file is repacked, so it is not upstream's.
        source: debian("libz/libzstd/libzstd_$version+dfsg.orig.tar.xz",
            sha256("0c092ef267edce57ba7f3f2645c861f72eaf5e76273c6c3632869423464b90a5")),
        // Speed is what it is for.
        cflags: ["-O2", "-DNDEBUG"],
        script: execline! {
            if { make -C lib "libzstd.a-mt" #{env::make_overrides} ZSTD_LEGACY_SUPPORT=0 }
            if { make -C lib install-static install-includes install-pc #{env::make_overrides}
                ZSTD_LEGACY_SUPPORT=0 PREFIX="/usr" DESTDIR="/out" }
            if { make -C programs zstd #{env::make_overrides} ZSTD_LEGACY_SUPPORT=0
                HAVE_THREAD=1 HAVE_ZLIB=0 HAVE_LZMA=0 HAVE_LZ4=0 BACKTRACE=0 }
            if { install -D -m 755 "programs/zstd" "/out/usr/bin/zstd" }
            if { ln -s zstd "/out/usr/bin/unzstd" }
            if { ln -s zstd "/out/usr/bin/zstdcat" }
            #{strip_all()}
        },
    }
}

/// The library of [`zstd`] alone.
pub fn libzstd(_: &Config) -> Package {
    subpackage(zstd, "libzstd", ["usr/lib", "usr/include"])
}
