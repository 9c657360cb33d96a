//! Tor: hides who talks to whom.

use distill::cmmi_package;
use distill::package::{Config, execline};
use distill::plan::Plan;

use crate::{libevent, openssl, zlib};

/// `tor`: client, relay, and services behind it; not the network's directory. The configuration is
/// the service's.
pub fn tor(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "tor", version: "0.4.9.11",
        licence: "BSD-3-Clause", homepage: "https://www.torproject.org/", cpe: "torproject:tor",
        source: url("https://dist.torproject.org/tor-$version.tar.gz",
            sha256("2e6c1720118c812acf0079fd47cf91b6bfaba5d766c321c4d3d2a28d6a11a8ed"))
            .or_debian("t/tor/tor_$version.orig.tar.gz"),
        libs: [openssl, libevent, zlib],
        extra_configure: [
            "--disable-asciidoc", "--disable-manpage", "--disable-html-manual", "--disable-unittests",
            "--disable-systemd", "--disable-seccomp", "--disable-lzma", "--disable-zstd",
            "--disable-module-dirauth", "--disable-tool-name-check", "--disable-rust",
        ],
        make: ["src/app/tor"],
        install: ["-C", ".", "src/app/tor"],
        cleanup: execline! {
            if { install -D -m 755 -t "/out/usr/bin" "src/app/tor" }
        },
    }
}
