//! OpenSSH: remote logins.

use distill::cc_package;
use distill::package::{Config, Package, configure_words, execline, strip_all, subpackage};
use distill::plan::Plan;

use crate::{openssl, zlib};

/// OpenSSH: the server, the client, and what belongs to them. The configuration is the service's:
/// nothing is installed below `/etc`.
pub fn openssh(config: &Config) -> Plan {
    cc_package! { config,
        name: "openssh", version: "10.0p1",
        licence: "BSD-3-Clause AND BSD-2-Clause", homepage: "https://www.openssh.com/portable.html", cpe: "openbsd:openssh",
        source: url("https://cdn.openbsd.org/pub/OpenBSD/OpenSSH/portable/openssh-$version.tar.gz",
            sha256("021a2e709a0edf4250b1256bd5a9e500411a90dddabea830ed59cef90eb9d85c"))
            .or_debian("o/openssh/openssh_$version.orig.tar.gz"),
        libs: [zlib, openssl],
        // It links with the compiler's driver.
        env: [("LD", config.target().toolchain.cc.clone())],
        script: execline! {
            if { "./configure" #{configure_words} --sysconfdir=/etc/ssh
                --disable-strip --disable-pkcs11 --disable-security-key --disable-lastlog
                --disable-utmp --disable-utmpx --disable-wtmp --disable-wtmpx --disable-libutil
                --without-rpath --without-zlib-version-check --with-sandbox=seccomp_filter
                --with-privsep-user=sshd --with-privsep-path=/var/empty --with-pid-dir=/run
                "--with-default-path=/usr/local/bin:/usr/bin:/bin"
                "--with-superuser-path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" }
            if { make sshd sshd-session sshd-auth ssh ssh-keygen ssh-keyscan ssh-agent ssh-add scp
                sftp sftp-server }
            // Its own installation would make host keys, and a directory in /var.
            if { install -D -m 755 -t "/out/usr/sbin" sshd }
            if { install -D -m 755 -t "/out/usr/libexec" sshd-session sshd-auth sftp-server }
            if { install -D -m 755 -t "/out/usr/bin" ssh ssh-keygen ssh-keyscan ssh-agent ssh-add scp sftp }
            #{strip_all()}
        },
    }
}

/// What a server needs: `sshd` with its helpers, and `ssh-keygen` for host keys.
pub fn openssh_server(_: &Config) -> Package {
    subpackage(
        openssh,
        "openssh-server",
        ["usr/sbin", "usr/libexec", "usr/bin/ssh-keygen"],
    )
}

/// What a user needs: `ssh`, `scp`, `sftp` and the keys' tools.
pub fn openssh_client(_: &Config) -> Package {
    subpackage(openssh, "openssh-client", ["usr/bin"])
}
