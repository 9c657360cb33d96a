//! `OpenNTPD`: the clock, by NTP, as `OpenBSD` does it.

use distill::cmmi_package;
use distill::package::{Config, execline};
use distill::plan::Plan;

/// `ntpd` and `ntpctl`, without TLS and so without constraints. Debian has repacked upstream's
/// archive, so that this hash is not upstream's. The configuration is the service's.
pub fn openntpd(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "openntpd", version: "6.2p3",
        licence: "ISC AND BSD-2-Clause AND BSD-3-Clause", homepage: "https://www.openntpd.org/", cpe: "openntpd:openntpd",
        source: debian("o/openntpd/openntpd_$version.orig.tar.gz",
            sha256("d01f2caf77d069e658550d03e3a3c9d51b65f6b1139a45fb67be946fcb3d690d")),
        // musl has no name of its own for "packed", which an older gcc would have taken for a variable.
        patches: [include_str!("musl.patch")],
        cflags: ["-fcommon"],
        extra_configure: [
            "--with-privsep-user=ntpd", "--disable-https-constraint",
            // The test does not compile without a declaration of printf.
            "ac_cv_libc_defines___progname=yes",
        ],
        cleanup: execline! {
            if { rm -rf "/out/etc" "/out/var" }
        },
    }
}
