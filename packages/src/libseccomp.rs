//! libseccomp: filters for the system calls that a program may make.

use distill::cmmi_package;
use distill::package::{Config, execline};
use distill::plan::Plan;

use crate::seed;

/// libseccomp: filters for the system calls that a program may make, as a library.
pub fn libseccomp(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "libseccomp", version: "2.6.0",
        licence: "LGPL-2.1-only", homepage: "https://github.com/seccomp/libseccomp", cpe: "libseccomp_project:libseccomp",
        source: github("seccomp/libseccomp/releases/download/v$version/libseccomp-$version.tar.gz",
            sha256("83b6085232d1588c379dc9b9cae47bb37407cf262e6e74993c61ba72d2a784dc"))
            .or_debian("libs/libseccomp/libseccomp_$version.orig.tar.gz"),
        tools: [seed::gperf],
        cleanup: execline! { if { rm -rf "/out/usr/bin" } },
    }
}
