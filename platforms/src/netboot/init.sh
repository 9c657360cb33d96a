#!/bin/busybox sh
# init: the first process of a machine whose root file system came with its kernel. Mounts the squashfs
# that lies here, and becomes the first process there.

busybox=/bin/busybox

$busybox mount -t devtmpfs dev /dev
if $busybox mount -t squashfs -o loop,ro /root.squashfs /mnt; then
  # As the kernel does for a root that it mounts itself.
  $busybox umount /dev
  $busybox mount -t devtmpfs dev /mnt/dev
  # Everything here is removed; the squashfs stays for as long as it is mounted.
  exec $busybox switch_root /mnt /init
fi
echo "the root file system cannot be mounted; a shell" >/dev/console
exec $busybox sh
