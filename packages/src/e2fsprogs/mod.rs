//! e2fsprogs: makes, checks and resizes ext2, ext3 and ext4.

use distill::cmmi_package;
use distill::package::{Config, Package, execline, subpackage};
use distill::plan::Plan;

/// `mke2fs`, `e2fsck`, `resize2fs`, `tune2fs`, `dumpe2fs`, under their usual names, and the
/// libraries.
pub fn e2fsprogs_all(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "e2fsprogs", version: "1.47.2",
        licence: "GPL-2.0-only AND LGPL-2.0-only AND BSD-3-Clause AND MIT",
        homepage: "https://e2fsprogs.sourceforge.net/", cpe: "e2fsprogs_project:e2fsprogs",
        source: kernel("linux/kernel/people/tytso/e2fsprogs/v$version/e2fsprogs-$version.tar.gz",
            sha256("6dcd67ff9d8b13274ba3f088e4318be4f5b71412cd863524423fc49d39a6371f"))
            .or_debian("e/e2fsprogs/e2fsprogs_$version.orig.tar.gz"),
        // Our kernels let nobody write to a device that is mounted (BLK_DEV_WRITE_MOUNTED is off), and
        // the kernel does the work then anyway.
        patches: [include_str!("resize-mounted.patch")],
        extra_configure: [
            "--disable-elf-shlibs", "--disable-fuse2fs", "--disable-uuidd", "--disable-defrag",
            "--disable-debugfs", "--disable-imager", "--disable-e2initrd-helper", "--disable-rpath",
            "--with-udev-rules-dir=no", "--with-systemd-unit-dir=no", "--with-crond-dir=no",
            "--without-libarchive", "BUILD_CC=gcc",
        ],
        make: ["libs"],
        install: ["install-libs", "DESTDIR=/out"],
        cleanup: execline! {
            if { make -C misc mke2fs tune2fs dumpe2fs }
            if { make -C e2fsck e2fsck }
            if { make -C resize resize2fs }
            if { rm -rf "/out/usr/bin" "/out/usr/share" }
            if { install -D -m 755 -t "/out/usr/sbin" "misc/mke2fs" "misc/tune2fs" "misc/dumpe2fs"
                "e2fsck/e2fsck" "resize/resize2fs" }
            if { install -D -m 644 "misc/mke2fs.conf" "/out/etc/mke2fs.conf" }
            if { forx -E name { "mkfs.ext2" "mkfs.ext3" "mkfs.ext4" } ln -s mke2fs "/out/usr/sbin/${name}" }
            if { forx -E name { "fsck.ext2" "fsck.ext3" "fsck.ext4" } ln -s e2fsck "/out/usr/sbin/${name}" }
            if { ln -s tune2fs "/out/usr/sbin/e2label" }
            // They arrive read-only.
            if { find "/out/usr/lib" -name "*.a" -exec chmod 644 "{}" "+" }
        },
    }
}

/// The programs alone.
pub fn e2fsprogs(_: &Config) -> Package {
    subpackage(e2fsprogs_all, "e2fsprogs-bin", ["usr/sbin", "etc"])
}
