//! bubblewrap: runs a program in a sandbox of namespaces.

use distill::meson_package;
use distill::package::Config;
use distill::plan::Plan;

use crate::libcap;

/// `bwrap`. It is not set-user-id: whoever runs it needs a kernel that gives users namespaces of their own.
pub fn bubblewrap(config: &Config) -> Plan {
    meson_package! { config,
        name: "bubblewrap", version: "0.12.0",
        licence: "LGPL-2.0-or-later", homepage: "https://github.com/containers/bubblewrap", cpe: "projectatomic:bubblewrap",
        source: github("containers/bubblewrap/releases/download/v$version/bubblewrap-$version.tar.xz",
            sha256("9760d007363e3abba7c747489910f9f82d9fca53ba3bd3282e396fa3c97a3314"))
            .or_debian("b/bubblewrap/bubblewrap_$version.orig.tar.xz"),
        libs: [libcap],
        // It relies on another header to have included this one, as glibc's has.
        cflags: ["-include", "limits.h"],
        options: [
            "-Dman=disabled", "-Dselinux=disabled", "-Dtests=false",
            "-Dbash_completion=disabled", "-Dzsh_completion=disabled",
        ],
    }
}
