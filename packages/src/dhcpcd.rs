//! dhcpcd: addresses by DHCP, DHCPv6 and router advertisements.

use distill::cc_package;
use distill::package::{Config, execline, strip_all};
use distill::plan::Plan;

/// dhcpcd, privilege-separated: but for one process that does what only root may, it runs as the
/// user `dhcpcd`. Configuration and hooks are the service's.
pub fn dhcpcd(config: &Config) -> Plan {
    cc_package! { config,
        name: "dhcpcd", version: "10.1.0",
        licence: "BSD-2-Clause", homepage: "https://roy.marples.name/projects/dhcpcd/", cpe: "dhcpcd_project:dhcpcd",
        // Upstream's archive is compressed by another program than Debian's.
        source: debian("d/dhcpcd/dhcpcd_$version.orig.tar.gz",
            sha256("98b396730159902464714f1762da29fb19e748ede1ade3516f0aabc8059d9c4d")),
        script: execline! {
            if { "./configure" --os=linux #{format!("--host={}", config.triple())}
                --prefix=/usr --sbindir=/usr/sbin --libexecdir=/usr/libexec --sysconfdir=/etc
                --dbdir=/var/lib/dhcpcd --rundir=/run/dhcpcd
                --enable-embedded --enable-privsep --enable-seccomp --privsepuser=dhcpcd
                --without-dev --without-udev --without-openssl --disable-auth --disable-ntp
                --disable-debug }
            if { make -C src }
            if { install -D -m 755 -t "/out/usr/sbin" "src/dhcpcd" }
            #{strip_all()}
        },
    }
}
