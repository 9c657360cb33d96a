//! Linux: the kernel and its headers.

use std::time::Duration;

use distill::package::kconfig::{Fragment, KconfigError, Options};
use distill::package::source::{Pin, debian, sha256};
use distill::package::{Config, execline};
use distill::plan::Plan;
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

/// Linux for virtual machines and their clouds: virtio, NVMe, AHCI, ENA, `gVNIC`, Hyper-V, `VMware`; no
/// modules.
pub fn linux_virt(config: &Config) -> Plan {
    linux(config, "linux-virt", Options::merge([virt()]))
}

/// Linux for real machines, which also starts in virtual ones: the disks, network cards, keyboards and
/// sensors that PCs and servers have; no modules. Firmware that a device wants from a file is not there.
pub fn linux_metal(config: &Config) -> Plan {
    linux(config, "linux-metal", Options::merge([virt(), metal()]))
}

/// The options of [`linux_virt`], to be put together with others.
pub fn virt() -> Fragment {
    let parts = concat!(
        include_str!("base.config"),
        include_str!("virtual.config"),
        include_str!("clouds.config"),
        include_str!("netfilter.config"),
    );
    Fragment::parse("linux-virt", parts).expect("constants")
}

/// What [`linux_metal`] has beside [`virt`].
pub fn metal() -> Fragment {
    Fragment::parse("linux-metal", include_str!("metal.config")).expect("a constant")
}

/// Linux without modules. `options` are set over `allnoconfig`; one that kconfig drops fails the
/// build. The output is `boot/vmlinuz`, and the configuration that came out beside it.
///
/// ```
/// use distill::kconfig;
/// use distill::package::{Config, kconfig::Options};
/// use distill::plan::Plan;
/// use distill_packages::linux;
///
/// /// The kernel of a machine whose disk is a USB stick.
/// fn linux_usb(config: &Config) -> Plan {
///     let usb = kconfig! { "usb": USB_SUPPORT=y USB=y USB_XHCI_HCD=y USB_STORAGE=y };
///     linux::linux(config, "linux-usb", Options::merge([linux::virt(), usb]))
/// }
/// # assert!(linux_usb(&distill_packages::quick()).action().is_ok());
/// ```
#[track_caller]
pub fn linux(config: &Config, name: &str, options: Result<Options, KconfigError>) -> Plan {
    let options = match options {
        Ok(options) => options,
        Err(error) => return error.plan(name),
    };
    cc_package! { config,
        name: name, version: VERSION,
        licence: "GPL-2.0-only", homepage: "https://www.kernel.org/", cpe: "linux:linux_kernel",
        source: source(),
        tools: [seed::kernel],
        no_libc: true,
        timeout: Duration::from_secs(3 * 60 * 60),
        files: [options.files()],
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
            if { env #{format!("KCONFIG_ALLCONFIG={}", options.path())} make CC=gcc HOSTCC=gcc allnoconfig }
            #{options.check(".config")}
            if { make CC=gcc HOSTCC=gcc LD=ld AR=ar NM=nm STRIP=strip OBJCOPY=objcopy READELF=readelf bzImage }
            if { install -D -m 644 "arch/x86/boot/bzImage" "/out/boot/vmlinuz" }
            install -D -m 644 ".config" "/out/boot/config"
        },
    }
}

#[cfg(test)]
mod tests {
    use distill::kconfig;

    use super::*;

    #[test]
    fn who_contradicts_is_named() {
        let mine = kconfig! { "mine": SMP=n };
        let plan = linux(
            &crate::quick(),
            "linux-mine",
            Options::merge([virt(), mine]),
        );
        let error = plan.action().unwrap_err().to_string();
        assert!(
            error.contains("CONFIG_SMP: y in `linux-virt`, n in `mine`"),
            "{error}"
        );
    }
}
