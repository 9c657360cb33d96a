//! ninja: runs what other build systems have worked out.

use distill::cmake_package;
use distill::package::Config;
use distill::plan::Plan;

/// `ninja`, for machines that build. (What packages are built with is [`crate::seed::ninja`].)
pub fn ninja(config: &Config) -> Plan {
    cmake_package! { config,
        name: "ninja", version: "1.13.2",
        licence: "Apache-2.0", homepage: "https://ninja-build.org/", cpe: "ninja-build:ninja",
        source: github("ninja-build/ninja/archive/refs/tags/v$version.tar.gz",
            sha256("974d6b2f4eeefa25625d34da3cb36bdcebe7fbce40f4c16ac0835fd1c0cbae17"))
            .or_debian("n/ninja-build/ninja-build_$version.orig.tar.gz"),
        cxx: true,
    }
}
