//! radvd: router advertisements.

use distill::cmmi_package;
use distill::package::{Config, execline};
use distill::plan::Plan;

use crate::seed;

/// radvd: tells the hosts of a network which IPv6 prefixes and routers they have.
pub fn radvd(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "radvd", version: "2.20",
        licence: "radvd", homepage: "https://radvd.litech.org/", cpe: "litech:router_advertisement_daemon",
        source: url("https://radvd.litech.org/dist/radvd-$version.tar.xz",
            sha256("25d2960fb977ac35c45a8d85b71db22ed8af325db7dbf4a562fb03eab2848dcd"))
            .or_debian("r/radvd/radvd_$version.orig.tar.xz"),
        // flex and bison.
        tools: [seed::kernel],
        // `strlcpy` comes from the C library, not from libbsd.
        prepare: execline! { if { sed -i "/bsd.string.h/d" "includes.h" } },
        extra_configure: ["--with-pidfile=/run/radvd/radvd.pid", "--without-check"],
        cleanup: execline! { if { rm -rf "/out/usr/share" "/out/usr/sbin/radvdump" } },
    }
}
