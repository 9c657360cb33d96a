//! Recipes: what Distill's own catalogue does not have.

use distill::package::{Config, execline};
use distill::plan::Plan;
use distill::{cargo_package, cmmi_package};
use distill_packages::zlib;

/// ngIRCd: a server for Internet Relay Chat. The library comes from Distill's catalogue. TLS is left to
/// whatever stands in front.
pub fn ngircd(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "ngircd", version: "27",
        licence: "GPL-2.0-or-later", homepage: "https://ngircd.barton.de/", cpe: "barton:ngircd",
        source: debian("n/ngircd/ngircd_$version.orig.tar.xz",
            sha256("6897880319dd5e2e73c1c9019613509f88eb5b8daa5821a36fbca3d785c247b8")),
        libs: [zlib],
        extra_configure: ["--without-syslog", "--with-zlib"],
        // The manual, and a configuration to begin with: ours is written by the service.
        cleanup: execline! { if { rm -rf "/out/usr/share" "/out/etc" "/out/usr/etc" } },
    }
}

/// Says how many people are connected to the server: a program in Rust, from the directory beside this crate's sources.
pub fn talkers(config: &Config) -> Plan {
    cargo_package! { config,
        name: "talkers", version: "0.1.0", licence: "MIT",
        source: local!("talkers"),
    }
}
