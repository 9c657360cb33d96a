//! libffi: calls functions whose types are known only when the program runs.

use distill::cmmi_package;
use distill::package::Config;
use distill::plan::Plan;

/// libffi, as a library. Closures lie in memory that is never written and executed at once.
pub fn libffi(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "libffi", version: "3.4.8",
        licence: "MIT", homepage: "https://sourceware.org/libffi/", cpe: "libffi_project:libffi",
        // Debian's file is of the repository, and comes without `configure`.
        source: debian("libf/libffi/libffi_$version.orig.tar.gz",
            sha256("cbb7f0b3b095dc506387ec1e35b891bfb4891d05b90a495bc69a10f2293f80ff")),
        autoreconf: true,
        extra_configure: ["--libdir=/usr/lib", "--disable-docs", "--disable-multi-os-directory"],
    }
}
