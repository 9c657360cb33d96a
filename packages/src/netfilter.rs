//! `nf_tables`' user space, from source: libmnl, libnftnl, nftables.
//!
//! One set of versions that belong together. The sources are on netfilter.org alone, which not every
//! machine reaches; images that are to be built anywhere use [`crate::iptables()`].

use distill::cmmi_package;
use distill::package::Config;
use distill::plan::Plan;

use crate::seed;

/// libmnl: messages between kernel and programs.
pub fn libmnl(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "libmnl", version: "1.0.5",
        licence: "LGPL-2.1-or-later", homepage: "https://netfilter.org/projects/libmnl/", cpe: "netfilter:libmnl",
        source: url("https://netfilter.org/projects/libmnl/files/libmnl-$version.tar.bz2",
            sha256("274b9b919ef3152bfb3da3a13c950dd60d6e2bcd54230ffeca298d03b40d0525"))
            .or_debian("libm/libmnl/libmnl_$version.orig.tar.bz2"),
    }
}

/// libnftnl: tables, chains and rules as messages.
pub fn libnftnl(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "libnftnl", version: "1.3.0",
        licence: "GPL-2.0-or-later", homepage: "https://netfilter.org/projects/libnftnl/",
        source: url("https://netfilter.org/projects/libnftnl/files/libnftnl-$version.tar.xz",
            sha256("0f4be47a8bb8b77a350ee58cbd4b5fae6260ad486a527706ab15cfe1dd55a3c4")),
        libs: [libmnl],
    }
}

/// nftables: `nft`, which reads and writes the kernel's rules.
pub fn nftables(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "nftables", version: "1.1.4",
        licence: "GPL-2.0-only", homepage: "https://netfilter.org/projects/nftables/",
        source: url("https://netfilter.org/projects/nftables/files/nftables-$version.tar.xz",
            sha256("3444f0012af0472399eeae89a758b9c6dc5f311f6c67a48988fa1600fc4bac86")),
        tools: [seed::kernel],
        libs: [libmnl, libnftnl],
        extra_configure: ["--without-cli", "--with-mini-gmp", "--without-json", "--disable-debug",
            "--disable-man-doc"],
    }
}
