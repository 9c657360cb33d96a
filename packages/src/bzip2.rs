//! bzip2: the compression by sorting.

use distill::cc_package;
use distill::package::{Config, Package, env, execline, strip_all, subpackage};
use distill::plan::Plan;

/// `bzip2`, also as `bunzip2` and `bzcat`, and its library.
pub fn bzip2(config: &Config) -> Plan {
    cc_package! { config,
        name: "bzip2", version: "1.0.8",
        licence: "bzip2-1.0.6", homepage: "https://sourceware.org/bzip2/", cpe: "bzip:bzip2",
        source: url("https://sourceware.org/pub/bzip2/bzip2-$version.tar.gz",
            sha256("ab5a03176ee106d3f0fa90e381da478ddae405918153cca248e682cd0c4a2269"))
            .or_debian("b/bzip2/bzip2_$version.orig.tar.gz"),
        // Without it, files of more than 2 GiB cannot be opened where addresses have 32 bits.
        cflags: ["-D_FILE_OFFSET_BITS=64"],
        script: execline! {
            importas -i cflags CFLAGS
            importas -i ldflags LDFLAGS
            if { make #{env::make_overrides} CFLAGS=$cflags LDFLAGS=$ldflags "libbz2.a" bzip2 }
            if { install -D -m 755 -t "/out/usr/bin" bzip2 }
            if { ln -s bzip2 "/out/usr/bin/bunzip2" }
            if { ln -s bzip2 "/out/usr/bin/bzcat" }
            if { install -D -m 644 -t "/out/usr/lib" "libbz2.a" }
            if { install -D -m 644 -t "/out/usr/include" "bzlib.h" }
            #{strip_all()}
        },
    }
}

/// The library of [`bzip2`] alone.
pub fn libbz2(_: &Config) -> Package {
    subpackage(bzip2, "libbz2", ["usr/lib", "usr/include"])
}
