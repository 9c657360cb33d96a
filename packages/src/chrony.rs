//! chrony: the clock, by NTP.

use distill::cc_package;
use distill::package::{Config, execline, strip_all};
use distill::plan::Plan;

use crate::{libcap, libseccomp};

/// Where NTP's 64 bits of time begin to count (seconds since 1970): the clock is understood from
/// here on for 136 years. 2024-01-01; upstream would take the day of the build.
const ERA: &str = "1704067200";

/// `chronyd` and `chronyc`, with a filter for system calls and without the rights of root. NTS and
/// keys other than MD5's need `GnuTLS`, which is not there. The configuration is the service's.
pub fn chrony(config: &Config) -> Plan {
    cc_package! { config,
        name: "chrony", version: "4.6.1",
        licence: "GPL-2.0-only", homepage: "https://chrony-project.org/", cpe: "tuxfamily:chrony",
        source: url("https://chrony-project.org/releases/chrony-$version.tar.gz",
            sha256("571ff73fbf0ae3097f0604eca2e00b1d8bb2e91affe1a3494785ff21d6199c5c"))
            .or_debian("c/chrony/chrony_$version.orig.tar.gz"),
        libs: [libcap, libseccomp],
        script: execline! {
            if { "./configure" --prefix=/usr --sysconfdir=/etc --localstatedir=/var --chronyrundir=/run/chrony
                --host-system=Linux --host-machine=#{config.arch().name()} --with-ntp-era=#{ERA}
                --with-user=chrony --with-pidfile=/run/chrony/chronyd.pid
                --with-sendmail=/usr/sbin/sendmail --enable-scfilter
                --without-editline --without-nettle --without-gnutls --without-nss --without-tomcrypt --disable-nts }
            if { make chronyd chronyc }
            if { install -D -m 755 -t "/out/usr/sbin" chronyd }
            if { install -D -m 755 -t "/out/usr/bin" chronyc }
            #{strip_all()}
        },
    }
}
