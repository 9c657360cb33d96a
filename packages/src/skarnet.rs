//! skarnet.org's programs, from source: skalibs, execline, s6, s6-rc.
//!
//! One set of versions that belong together. Images take Debian's binaries instead
//! ([`crate::s6_debian()`]) unless a system chooses these, so that a first image needs nothing but
//! Debian's pool.

use distill::cmmi_package;
use distill::package::{Config, Words};
use distill::plan::Plan;

/// What all four are configured with.
fn common(config: &Config) -> Words {
    let host = format!("--host={}", config.triple());
    Words::from(["--prefix=/usr", "--disable-shared"]).with(host)
}

/// What those are configured with that need others of the four.
fn configure(config: &Config) -> Words {
    let root = format!("{}/usr", config.sysroot());
    common(config).with([
        "--enable-static-libc".to_owned(),
        format!("--with-sysdeps={root}/lib/skalibs/sysdeps"),
        format!("--with-include={root}/include"),
        format!("--with-lib={root}/lib"),
    ])
}

/// skalibs: the library that the others share.
pub fn skalibs(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "skalibs", version: "2.14.3.0",
        licence: "ISC", homepage: "https://skarnet.org/software/skalibs/",
        source: url("https://skarnet.org/software/skalibs/skalibs-$version.tar.gz",
            sha256("a14aa558c9b09b062fa16acec623b2c8f93d69f5cba4d07f6d0c58913066c427")),
        configure: common(config).with([
            "--with-default-path=/usr/bin:/usr/sbin:/bin:/sbin",
            // What cannot be tried when the compiler is one for another machine.
            "--with-sysdep-devurandom=yes", "--with-sysdep-posixspawnearlyreturn=no",
        ]),
    }
}

/// execline: scripts without a shell.
pub fn execline(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "execline", version: "2.9.6.1",
        licence: "ISC", homepage: "https://skarnet.org/software/execline/",
        source: url("https://skarnet.org/software/execline/execline-$version.tar.gz",
            sha256("76919d62f2de4db1ac4b3a59eeb3e0e09b62bcdd9add13ae3f2dad26f8f0e5ca")),
        libs: [skalibs],
        configure: configure(config),
    }
}

/// s6: supervises services.
pub fn s6(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "s6", version: "2.13.1.0",
        licence: "ISC", homepage: "https://skarnet.org/software/s6/",
        source: url("https://skarnet.org/software/s6/s6-$version.tar.gz",
            sha256("bf0614cf52957cb0af04c7b02d10ebd6c5e023c9d46335cbf75484eed3e2ce7e")),
        libs: [skalibs, execline],
        configure: configure(config),
    }
}

/// s6-rc: starts services in the order of their dependencies.
pub fn s6_rc(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "s6-rc", version: "0.5.5.0",
        licence: "ISC", homepage: "https://skarnet.org/software/s6-rc/",
        source: url("https://skarnet.org/software/s6-rc/s6-rc-$version.tar.gz",
            sha256("c3b5f1b8d3acea60a20a59fb25280b69a6aac0bb3afdab21d2edeada77b2df01")),
        libs: [skalibs, execline, s6],
        configure: configure(config),
    }
}
