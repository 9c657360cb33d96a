//! zlib: the compression of gzip and PNG.

use distill::cmmi_package;
use distill::package::Config;
use distill::plan::Plan;

/// zlib: the compression of gzip and PNG, as a library.
pub fn zlib(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "zlib", version: "1.3.1",
        licence: "Zlib", homepage: "https://zlib.net/", cpe: "zlib:zlib",
        // Debian's file is repacked, so it is not upstream's.
        source: debian("z/zlib/zlib_1.3.dfsg+really$version.orig.tar.gz",
            sha256("60dd315c07f616887caa029408308a018ace66e3d142726a97db164b3b8f69fb")),
        configure: ["--static", "--prefix=/usr"],
        make: ["libz.a"],
    }
}
