//! minisign: signs files, and verifies signatures.

use distill::cmake_package;
use distill::package::Config;
use distill::plan::Plan;

use crate::libsodium;

/// `minisign`.
pub fn minisign(config: &Config) -> Plan {
    cmake_package! { config,
        name: "minisign", version: "0.12",
        licence: "ISC", homepage: "https://jedisct1.github.io/minisign/",
        source: github("jedisct1/minisign/archive/refs/tags/$version.tar.gz",
            sha256("796dce1376f9bcb1a19ece729c075c47054364355fe0c0c1ebe5104d508c7db0"))
            .or_debian("m/minisign/minisign_$version.orig.tar.gz"),
        libs: [libsodium],
    }
}
