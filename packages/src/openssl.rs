//! OpenSSL: TLS and cryptography.

use distill::cc_package;
use distill::package::{Config, execline};
use distill::plan::Plan;

use crate::seed;

/// What is left out: old and rare algorithms, what needs a dynamic loader (`dso`, `module`,
/// `engine`) or `makecontext`, which musl lacks (`async`), and the `openssl` program.
const LEFT_OUT: &str = "no-shared no-dso no-module no-pic no-apps no-docs no-tests no-engine no-legacy \
    no-async no-comp no-ssl3 no-tls1 no-tls1_1 no-dtls no-srp no-srtp no-psk no-nextprotoneg no-quic \
    no-ssl-trace no-aria no-bf no-camellia no-cast no-idea no-md4 no-mdc2 no-rc2 no-rc4 no-rmd160 no-seed \
    no-siphash no-siv no-sm2 no-sm3 no-sm4 no-whirlpool no-gost no-ec2m no-slh-dsa no-cmp no-ts no-rfc3779 \
    no-uplink no-afalgeng no-padlockeng no-capieng no-http";

/// OpenSSL's libraries: TLS 1.2 and 1.3. Programs that use them read the trusted authorities from
/// `/etc/ssl/cert.pem`, which `ca_certificates` brings.
pub fn openssl(config: &Config) -> Plan {
    cc_package! { config,
        name: "openssl", version: "3.5.7",
        licence: "Apache-2.0", homepage: "https://openssl-library.org/", cpe: "openssl:openssl",
        source: github("openssl/openssl/releases/download/openssl-$version/openssl-$version.tar.gz",
            sha256("a8c0d28a529ca480f9f36cf5792e2cd21984552a3c8e4aa11a24aa31aeac98e8"))
            .or_debian("o/openssl/openssl_$version.orig.tar.gz"),
        tools: [seed::perl],
        timeout: std::time::Duration::from_secs(2 * 60 * 60),
        script: execline! {
            importas -i cc CC
            importas -i ar AR
            importas -i ranlib RANLIB
            importas -i cflags CFLAGS
            importas -i ldflags LDFLAGS
            if { perl "./Configure" #{format!("linux-{}", config.arch().name())}
                --prefix=/usr --libdir=lib --openssldir=/etc/ssl
                #{LEFT_OUT.split_whitespace().collect::<Vec<_>>()}
                CC=$cc AR=$ar RANLIB=$ranlib CFLAGS=$cflags LDFLAGS=$ldflags }
            if { make build_libs }
            if { make install_dev DESTDIR=/out }
            rm -rf "/out/usr/lib/cmake"
        },
    }
}
