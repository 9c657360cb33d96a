//! libevent: waits for many connections at once.

use distill::cmmi_package;
use distill::package::{Config, execline};
use distill::plan::Plan;

/// libevent: waits for many connections at once, as a library, without TLS.
pub fn libevent(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "libevent", version: "2.1.13-stable",
        licence: "BSD-3-Clause AND ISC", homepage: "https://libevent.org/", cpe: "libevent_project:libevent",
        source: github("libevent/libevent/releases/download/release-$version/libevent-$version.tar.gz",
            sha256("f7e9383b8c0baa81b687e5b5eecc01beefaf1b19b64151d95ed61647fe7a315c"))
            .or_debian("libe/libevent/libevent_$version.orig.tar.gz"),
        extra_configure: [
            "--disable-openssl", "--disable-mbedtls", "--disable-samples",
            "--disable-libevent-regress", "--disable-debug-mode",
        ],
        // A script in Python, which no image has.
        cleanup: execline! { if { rm -rf "/out/usr/bin" } },
    }
}
