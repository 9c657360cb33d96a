//! dnsmasq: DNS and DHCP for a small network.

use distill::cc_package;
use distill::package::{Config, execline, strip_all};
use distill::plan::Plan;

/// dnsmasq: DNS forwarder, DHCP and DHCPv6 server, router advertisements. Without DNSSEC, which
/// would take nettle, and without TFTP.
pub fn dnsmasq(config: &Config) -> Plan {
    cc_package! { config,
        name: "dnsmasq", version: "2.91",
        licence: "GPL-2.0-only OR GPL-3.0-only", homepage: "https://thekelleys.org.uk/dnsmasq/doc.html", cpe: "thekelleys:dnsmasq",
        source: url("https://thekelleys.org.uk/dnsmasq/dnsmasq-$version.tar.gz",
            sha256("2d26a048df452b3cfa7ba05efbbcdb19b12fe7a0388761eb5d00938624bd76c8"))
            .or_debian("d/dnsmasq/dnsmasq_$version.orig.tar.gz"),
        script: execline! {
            importas -i cc CC
            importas -i cflags CFLAGS
            importas -i ldflags LDFLAGS
            if { make CC=$cc CFLAGS=$cflags LDFLAGS=$ldflags "COPTS=-DNO_TFTP -DNO_DUMPFILE" }
            if { install -D -m 755 -t "/out/usr/sbin" "src/dnsmasq" }
            #{strip_all()}
        },
    }
}
