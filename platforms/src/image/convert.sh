#!/bin/sh
# convert.sh FORMAT: makes /out/image of /image.d/disk.raw. What comes out depends on nothing else.
set -eu

disk=/image.d/disk.raw
out=/out/image

case $1 in
  qcow2) qemu-img convert -m 1 -f raw -O qcow2 -o compat=1.1 "$disk" "$out" ;;
  vmdk)
    qemu-img convert -m 1 -f raw -O vmdk -o subformat=streamOptimized "$disk" "$out"
    perl /vmdk.pl "$out"
    ;;
  vhd)
    cp --sparse=always "$disk" "$out"
    truncate --size=%1M "$out"
    seed=$(sha256sum <"$disk")
    perl /vhd.pl "$out" "$seed"
    ;;
  gce)
    # Of whole gibibytes. Holes are found by the bytes, not by what the file system says.
    mkdir /tmp/gce
    cp --sparse=always "$disk" /tmp/gce/disk.raw
    truncate --size=%1G /tmp/gce/disk.raw
    tar --create --file=/tmp/gce/tar --directory=/tmp/gce --format=oldgnu --sparse --hole-detection=raw \
      --owner=:0 --group=:0 --numeric-owner --mode=0644 --mtime=@0 disk.raw
    gzip --no-name </tmp/gce/tar >"$out"
    ;;
  raw.gz) gzip --no-name <"$disk" >"$out" ;;
  raw.xz) xz --threads=1 <"$disk" >"$out" ;;
  raw.zst) zstd --single-thread -15 --no-progress --quiet <"$disk" >"$out" ;;
  *)
    echo "convert.sh: no format is called $1" >&2
    exit 1
    ;;
esac
