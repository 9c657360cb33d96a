//! libffi: calls functions whose types are known only when the program runs.

use distill::cmmi_package;
use distill::package::source::{debian, sha256};
use distill::package::{Config, Package};
use distill::plan::{Artifact, Plan};

/// A macro of libtool's that `configure.ac` needs, and that Debian has in a package of its own.
fn macros(_: &Config) -> Artifact {
    let pin = debian(
        "libt/libtool/libltdl-dev_2.5.4-4_amd64.deb",
        sha256("0f225ed11c06958274e2ff0ea27f283f23aa6cd6a03df04499b467f68fedfed4"),
    );
    pin.keep_top()
        .include(["usr/share/aclocal"])
        .tree("libltdl-dev", "2.5.4-4")
        .expect("a constant")
}

/// libffi, as a library.
pub fn libffi(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "libffi", version: "3.4.8",
        licence: "MIT", homepage: "https://sourceware.org/libffi/", cpe: "libffi_project:libffi",
        // Debian's file is of the repository, and comes without `configure`.
        source: debian("libf/libffi/libffi_$version.orig.tar.gz",
            sha256("cbb7f0b3b095dc506387ec1e35b891bfb4891d05b90a495bc69a10f2293f80ff")),
        tools: [Package::from(macros)],
        autoreconf: true,
        extra_configure: [
            "--libdir=/usr/lib", "--disable-docs", "--disable-multi-os-directory", "--disable-builddir",
        ],
    }
}
