//! JSON-C: JSON in C.

use distill::cmake_package;
use distill::package::Config;
use distill::plan::Plan;

/// JSON-C, as a library. Debian has repacked upstream's archive, so that this hash is not upstream's.
pub fn json_c(config: &Config) -> Plan {
    cmake_package! { config,
        name: "json-c", version: "0.18",
        licence: "MIT", homepage: "https://github.com/json-c/json-c", cpe: "json-c:json-c",
        source: debian("j/json-c/json-c_$version+ds.orig.tar.xz",
            sha256("f6439962c9622c1f9f4746d5b3daf5e0800c335281b048fab00159f2a29d7daa")),
        options: ["-DBUILD_APPS=OFF", "-DDISABLE_WERROR=ON"],
    }
}
