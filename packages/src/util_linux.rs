//! util-linux: partitions, block devices, and the libraries behind.

use distill::cmmi_package;
use distill::package::{Config, Package, subpackage};
use distill::plan::Plan;

/// `sfdisk`, `fdisk`, `partx`, `blkid`, `wipefs`, `losetup`, `lsblk` and their libraries.
pub fn util_linux(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "util-linux", version: "2.41.5",
        licence: "GPL-2.0-or-later AND LGPL-2.1-or-later AND BSD-3-Clause",
        homepage: "https://github.com/util-linux/util-linux", cpe: "kernel:util-linux",
        source: kernel("linux/utils/util-linux/v2.41/util-linux-$version.tar.xz",
            sha256("f586e35d320ff537aab3ffeca37e9ecd482ccbe013590db4429a414d8aa6a728"))
            .or_debian("u/util-linux/util-linux_$version.orig.tar.xz"),
        extra_configure: [
            "--bindir=/usr/bin", "--sbindir=/usr/sbin", "--disable-rpath", "--disable-asciidoc",
            "--disable-poman", "--disable-bash-completion", "--disable-makeinstall-chown",
            "--disable-makeinstall-setuid", "--disable-all-programs", "--disable-liblastlog2",
            "--enable-libuuid", "--enable-libblkid", "--enable-libsmartcols", "--enable-libfdisk",
            "--enable-libmount",
            // `check` leaves out cfdisk, which needs ncurses.
            "--enable-fdisks=check",
            "--enable-blkid", "--enable-partx", "--enable-losetup", "--enable-wipefs", "--enable-lsblk",
            "--without-udev", "--without-systemd", "--without-ncurses", "--without-ncursesw",
            "--without-tinfo", "--without-readline", "--without-cap-ng", "--without-libmagic",
            "--without-econf", "--without-python", "--without-btrfs", "--without-libz",
        ],
    }
}

/// `sfdisk` alone.
pub fn sfdisk(_: &Config) -> Package {
    subpackage(util_linux, "sfdisk", ["usr/sbin/sfdisk"])
}

/// What a machine needs to change the partitions of the disk that it runs from: `sfdisk` for the
/// table, `addpart` and `resizepart` for the kernel, `wipefs` to see what is there.
pub fn partitioning(_: &Config) -> Package {
    let programs = [
        "usr/sbin/addpart",
        "usr/sbin/resizepart",
        "usr/sbin/sfdisk",
        "usr/sbin/wipefs",
    ];
    subpackage(util_linux, "partitioning", programs)
}
