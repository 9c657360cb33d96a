//! curl: transfers over HTTP.

use distill::cmmi_package;
use distill::package::{Config, Package, execline, subpackage};
use distill::plan::Plan;

use crate::{openssl, zlib};

/// `curl` and its library: HTTP and HTTPS, nothing else. Without `ca_certificates` beside it, it
/// trusts no server.
pub fn libcurl(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "curl", version: "8.14.1",
        licence: "curl", homepage: "https://curl.se/", cpe: "haxx:libcurl",
        source: url("https://curl.se/download/curl-$version.tar.gz",
            sha256("6766ada7101d292b42b8b15681120acd68effa4a9660935853cf6d61f0d984d4"))
            .or_debian("c/curl/curl_$version.orig.tar.gz"),
        libs: [zlib, openssl],
        extra_configure: [
            "--enable-unity", "--with-openssl", "--with-zlib",
            "--with-ca-bundle=/etc/ssl/certs/ca-certificates.crt", "--without-ca-path",
            "--without-libpsl", "--without-brotli", "--without-zstd", "--without-nghttp2",
            "--without-libidn2", "--without-librtmp", "--without-libgsasl",
            "--disable-docs", "--disable-manual", "--disable-libcurl-option",
            "--disable-ldap", "--disable-ldaps", "--disable-rtsp", "--disable-dict",
            "--disable-telnet", "--disable-tftp", "--disable-pop3", "--disable-imap",
            "--disable-smb", "--disable-smtp", "--disable-gopher", "--disable-mqtt",
            "--disable-ipfs", "--disable-ftp", "--disable-ntlm", "--disable-tls-srp",
        ],
        cleanup: execline! {
            if { rm -f "/out/usr/bin/curl-config" "/out/usr/bin/wcurl" }
        },
    }
}

/// The program `curl` alone.
pub fn curl(_: &Config) -> Package {
    subpackage(libcurl, "curl-bin", ["usr/bin"])
}
