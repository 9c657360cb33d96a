//! memcached: a cache in memory, over the network.

use distill::cmmi_package;
use distill::package::Config;
use distill::plan::Plan;

use crate::libevent;

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
