//! Recipes: what Distill's own catalogue does not have.

use distill::cmmi_package;
use distill::package::{Config, execline};
use distill::plan::Plan;

/// libevent: waits for many connections at once. The core alone: no OpenSSL, no samples.
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
        cleanup: execline! { if { rm -f "/out/usr/bin/event_rpcgen.py" } },
    }
}

/// memcached. Debian has repacked upstream's archive, so that this hash is not upstream's.
pub fn memcached(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "memcached", version: "1.6.38",
        licence: "BSD-3-Clause", homepage: "https://memcached.org/", cpe: "memcached:memcached",
        source: debian("m/memcached/memcached_$version.orig.tar.xz",
            sha256("074076ab3e889e16e763c6a3e5cadacc6696979dbb8c473bbf871d498b19b1a0")),
        libs: [libevent],
        extra_configure: ["--disable-docs", "--disable-coverage", "--disable-extstore"],
    }
}
