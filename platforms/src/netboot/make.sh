#!/bin/sh
# make.sh: puts what a boot server gives to a machine into /out. The initial root file system holds the
# real one, and what mounts it.
set -eu

root=/tmp/initramfs
mkdir -p "$root/bin" "$root/dev" "$root/mnt"
cp /image.d/busybox.d/busybox "$root/bin/busybox"
cp /image.d/root.squashfs.d/root.squashfs "$root/root.squashfs"
cp /files.d/init "$root/init"
chmod 755 "$root/init" "$root/bin/busybox"
chmod 644 "$root/root.squashfs"
chmod 755 "$root" "$root/bin" "$root/dev" "$root/mnt"
find "$root" -exec touch --no-dereference --date=@0 {} +

cd "$root"
find . >/tmp/found
LC_ALL=C sort /tmp/found >/tmp/sorted
cpio --quiet --create --format=newc --reproducible --owner=+0:+0 </tmp/sorted >/tmp/initramfs.cpio
zstd --single-thread -3 --no-progress --quiet /tmp/initramfs.cpio -o /out/initramfs
cp /image.d/vmlinuz.d/vmlinuz /out/vmlinuz
cp /files.d/cmdline /files.d/boot.ipxe /out/
chmod 644 /out/*
