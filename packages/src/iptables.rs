//! iptables: the kernel's packet filter, by its older interface.

use distill::cmmi_package;
use distill::package::{Config, execline};
use distill::plan::Plan;

/// `iptables`, `ip6tables`, and what saves and restores their rules, in one program that has all
/// extensions inside. It speaks to the kernel's xtables; for `nf_tables` there is [`crate::nftables()`].
pub fn iptables(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "iptables", version: "1.8.11",
        licence: "GPL-2.0-or-later", homepage: "https://netfilter.org/projects/iptables/", cpe: "netfilter:iptables",
        source: url("https://netfilter.org/projects/iptables/files/iptables-$version.tar.xz",
            sha256("d87303d55ef8c92bcad4dd3f978b26d272013642b029425775f5bad1009fe7b2"))
            .or_debian("i/iptables/iptables_$version.orig.tar.xz"),
        extra_configure: [
            "--disable-nftables", "--disable-devel", "--disable-libipq", "--disable-libnfnetlink",
            "--disable-connlabel", "--disable-bpf-compiler", "--disable-nfsynproxy",
            "--with-xt-lock-name=/run/xtables.lock",
        ],
        // musl declares more of what the extensions need than it does for plain POSIX.
        cflags: ["-D_GNU_SOURCE"],
        // Programs alone: the libraries are of no use without loadable extensions.
        cleanup: execline! {
            if { rm -rf "/out/usr/lib" "/out/usr/include" "/out/usr/share" "/out/usr/bin" "/out/etc" }
            // A script for an interactive bash.
            if { rm "/out/usr/sbin/iptables-apply" "/out/usr/sbin/ip6tables-apply" }
        },
    }
}
