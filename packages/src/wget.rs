//! GNU Wget: fetches files.

use distill::cmmi_package;
use distill::package::{Config, execline};
use distill::plan::Plan;

use crate::{openssl, zlib};

/// `wget`, for HTTP, HTTPS and FTP. Without `ca_certificates` beside it, it trusts no server.
pub fn wget(config: &Config) -> Plan {
    let library = |name: &str| format!("-L{}/usr/lib {name}", config.sysroot());
    cmmi_package! { config,
        name: "wget", version: "1.25.0",
        licence: "GPL-3.0-or-later", homepage: "https://www.gnu.org/software/wget/", cpe: "gnu:wget",
        source: gnu("wget/wget-$version.tar.gz",
            sha256("766e48423e79359ea31e41db9e5c289675947a7fcf2efdcedb726ac9d0da3784"))
            .or_debian("w/wget/wget_$version.orig.tar.gz"),
        libs: [zlib, openssl],
        env: [
            ("OPENSSL_CFLAGS", format!("-I{}/usr/include", config.sysroot())),
            ("OPENSSL_LIBS", library("-lssl -lcrypto")),
            ("ZLIB_CFLAGS", format!("-I{}/usr/include", config.sysroot())),
            ("ZLIB_LIBS", library("-lz")),
        ],
        extra_configure: [
            "--with-ssl=openssl", "--with-zlib", "--without-libpsl", "--without-metalink",
            "--without-libuuid", "--disable-pcre", "--disable-pcre2", "--disable-iri", "--disable-nls",
            "--disable-rpath", "--disable-ntlm", "--sysconfdir=/etc",
        ],
        cleanup: execline! { if { rm -rf "/out/etc" } },
    }
}
