//! Linux: the kernel and its headers.

use std::time::Duration;

use distill::package::source::{Pin, debian, sha256};
use distill::package::{Config, execline};
use distill::plan::{Artifact, Mode, Plan, RelPath};
use distill::{cc_package, package};

use crate::seed;

/// The version of the kernel and its headers.
pub const VERSION: &str = "6.12.107";

/// Debian's file: upstream's without the few files that are not free software, hence another hash.
fn source() -> Pin {
    debian(
        "l/linux/linux_$version.orig.tar.xz",
        sha256("efc76d3c78a5d65f42724118c437d11db1c9f6309a5f024ee9a8b1978fdc6919"),
    )
}

/// The headers through which C programs see the kernel.
pub fn linux_headers(config: &Config) -> Plan {
    package! { config,
        name: "linux-headers", version: VERSION,
        licence: "GPL-2.0-only WITH Linux-syscall-note", homepage: "https://www.kernel.org/", cpe: "linux:linux_kernel",
        source: source(),
        script: execline! {
            // `make headers_install` wants rsync; the same files are there after `make headers`.
            if { make #{format!("ARCH={}", config.arch().kernel())} HOSTCC=gcc headers }
            if { mkdir -p "/out/usr" }
            if { cp -r "usr/include" "/out/usr/include" }
            find "/out/usr/include" -type f ! -name "*.h" -delete
        },
    }
}

/// Linux for virtual machines and their clouds: virtio, NVMe, AHCI, ENA; no modules.
pub fn linux_virt(config: &Config) -> Plan {
    linux(config, "linux-virt", include_str!("x86_64.config"))
}

/// Linux without modules. `options` is a fragment over `allnoconfig`; an option that kconfig drops
/// fails the build. The output is `boot/vmlinuz`, and the configuration that came out beside it.
pub fn linux(config: &Config, name: &str, options: &str) -> Plan {
    let fragment = RelPath::new(format!("src/{name}.config")).expect("made of a name");
    let path = format!("/{fragment}");
    let at = |name: &str| RelPath::new(name).expect("a constant");
    cc_package! { config,
        name: name, version: VERSION,
        licence: "GPL-2.0-only", homepage: "https://www.kernel.org/", cpe: "linux:linux_kernel",
        source: source(),
        tools: [seed::kernel],
        no_libc: true,
        timeout: Duration::from_secs(3 * 60 * 60),
        files: [
            Artifact::file(fragment.clone(), Mode::FILE, options),
            Artifact::file(at("src/check-options.sh"), Mode::FILE, include_str!("check-options.sh")),
        ],
        env: [
            ("KBUILD_BUILD_TIMESTAMP", "1970-01-01"),
            ("KBUILD_BUILD_USER", "distill"),
            ("KBUILD_BUILD_HOST", "builder"),
            ("KBUILD_BUILD_VERSION", "1"),
            ("ARCH", config.arch().kernel()),
        ],
        script: execline! {
            // The kernel has flags of its own, and is compiled by the seed's gcc.
            unexport CFLAGS
            unexport LDFLAGS
            if { env #{format!("KCONFIG_ALLCONFIG={path}")} make CC=gcc HOSTCC=gcc allnoconfig }
            if { sh "/src/check-options.sh" #{path} ".config" }
            if { make CC=gcc HOSTCC=gcc LD=ld AR=ar NM=nm STRIP=strip OBJCOPY=objcopy READELF=readelf bzImage }
            if { install -D -m 644 "arch/x86/boot/bzImage" "/out/boot/vmlinuz" }
            install -D -m 644 ".config" "/out/boot/config"
        },
    }
}
