//! Unbound: resolves names, and validates what it is told.

use distill::cmmi_package;
use distill::package::{Config, Package, execline, subpackage};
use distill::plan::Plan;

use crate::own_file::own_file;
use crate::{libevent, openssl};

/// Unbound: the server, its controls, and its library. The configuration, the root servers and the
/// trust anchor are the service's.
pub fn unbound_all(config: &Config) -> Plan {
    let [ssl, events] =
        ["ssl", "libevent"].map(|library| format!("--with-{library}={}/usr", config.sysroot()));
    cmmi_package! { config,
        name: "unbound", version: "1.17.1",
        licence: "BSD-3-Clause", homepage: "https://nlnetlabs.nl/projects/unbound/", cpe: "nlnetlabs:unbound",
        source: url("https://nlnetlabs.nl/downloads/unbound/unbound-$version.tar.gz",
            sha256("ee4085cecce12584e600f3d814a28fa822dfaacec1f94c84bfd67f8a5571a5f4"))
            .or_debian("u/unbound/unbound_$version.orig.tar.gz"),
        libs: [openssl, libevent],
        // `configure` insists on expat, which only unbound-anchor uses, and that is not built here.
        files: [own_file("src/none/include/expat.h", "")],
        extra_configure: [
            "--with-libexpat=/src/none".to_owned(), ssl, events,
        ],
        make: ["unbound", "unbound-checkconf", "unbound-control", "unbound-host"],
        // Its own ways to install know no DESTDIR.
        install: ["unbound"],
        cleanup: execline! {
            if { install -D -m 755 -t "/out/usr/sbin" unbound "unbound-checkconf" "unbound-control" }
            if { install -D -m 755 -t "/out/usr/bin" "unbound-host" }
        },
    }
}

/// The server, its controls, and what checks its configuration. Each has its own copy of OpenSSL.
pub fn unbound(_: &Config) -> Package {
    subpackage(unbound_all, "unbound-server", ["usr/sbin"])
}
