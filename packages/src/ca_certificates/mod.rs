//! The authorities that Mozilla trusts to vouch for servers.

use distill::package;
use distill::package::{Config, execline};
use distill::plan::Plan;

use crate::own_file::own_file;

/// `/etc/ssl/certs/ca-certificates.crt`, and `/etc/ssl/cert.pem`, which points to it: the
/// authorities that Mozilla trusts for servers, without those whose trust has an end.
pub fn ca_certificates(config: &Config) -> Plan {
    package! { config,
        name: "ca-certificates", version: "20250419",
        licence: "MPL-2.0", homepage: "https://salsa.debian.org/debian/ca-certificates",
        source: debian("c/ca-certificates/ca-certificates_$version.tar.xz",
            sha256("33b44ef78653ecd3f0f2f13e5bba6be466be2e7da72182f737912b81798ba5d2")),
        files: [own_file("src/certdata.awk", include_str!("certdata.awk"))],
        script: execline! {
            if { mkdir -p "/out/etc/ssl/certs" }
            if { ln -s "certs/ca-certificates.crt" "/out/etc/ssl/cert.pem" }
            redirfd -w 1 "/out/etc/ssl/certs/ca-certificates.crt"
            awk -f "/src/certdata.awk" "mozilla/certdata.txt"
        },
    }
}
