#!/bin/sh
# archive.sh archive|rootfs: makes /out/image of the OCI image layout in /layout.d.
set -eu

cd /layout.d
case $1 in
  archive)
    tar --create --file /out/image --format=gnu --sort=name --owner=+0 --group=+0 --numeric-owner --mtime=@0 \
      --hard-dereference blobs index.json oci-layout
    ;;
  rootfs)
    # The layer is the file whose digest the manifest names last.
    manifest=$(sed -n 's/.*"digest":"sha256:\([0-9a-f]*\)".*/\1/p' index.json)
    layer=$(sed -n 's/.*"digest":"sha256:\([0-9a-f]*\)".*/\1/p' "blobs/sha256/$manifest")
    cp "blobs/sha256/$layer" /out/image
    ;;
esac
