//! libsodium: cryptography that is hard to misuse.

use distill::cmmi_package;
use distill::package::{Config, execline};
use distill::plan::Plan;

/// libsodium, as a library. The hash is that of Debian's file, which comes without `configure`.
pub fn libsodium(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "libsodium", version: "1.0.18",
        licence: "ISC", homepage: "https://libsodium.org/", cpe: "libsodium:libsodium",
        source: debian("libs/libsodium/libsodium_$version.orig.tar.gz",
            sha256("d59323c6b712a1519a5daf710b68f5e7fde57040845ffec53850911f10a5d4f4")),
        // Debian's patch for CVE-2025-69277: a point outside of the main group was taken for a good one.
        sources: [debian("libs/libsodium/libsodium_$version-1+deb13u1.debian.tar.xz",
            sha256("86110bbca36b16567bc35971486c4e6bd4aaf59e74310bc0faf76840ac4e2afe"))
            .at("/src/debian")],
        prepare: execline! { if { patch -p1 -i "/src/debian/patches/CVE-2025-69277.patch" } },
        autoreconf: true,
    }
}
