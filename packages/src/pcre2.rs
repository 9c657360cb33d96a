//! PCRE2: Perl's regular expressions.

use distill::cmmi_package;
use distill::package::{Config, execline};
use distill::plan::Plan;

/// PCRE2 for text in bytes and UTF-8, as a library. Without its just-in-time compiler: no process
/// needs memory that is both written and executed.
pub fn pcre2(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "pcre2", version: "10.46",
        licence: "BSD-3-Clause WITH PCRE2-exception", homepage: "https://www.pcre.org/", cpe: "pcre:pcre2",
        source: github("PCRE2Project/pcre2/releases/download/pcre2-$version/pcre2-$version.tar.gz",
            sha256("8d28d7f2c3b970c3a4bf3776bcbb5adfc923183ce74bc8df1ebaad8c1985bd07"))
            .or_debian("p/pcre2/pcre2_$version.orig.tar.gz"),
        extra_configure: [
            "--disable-jit", "--disable-pcre2grep-callout", "--disable-pcre2grep-libz",
            "--disable-pcre2grep-libbz2", "--disable-pcre2test-libreadline",
        ],
        make: ["libpcre2-8.la", "libpcre2-posix.la"],
        install: [
            "DESTDIR=/out", "install-libLTLIBRARIES", "install-includeHEADERS",
            "install-nodist_includeHEADERS", "install-pkgconfigDATA",
        ],
        cleanup: execline! { if { test -s "/out/usr/lib/libpcre2-8.a" } },
    }
}
