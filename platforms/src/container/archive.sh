#!/bin/sh
# archive.sh archive|rootfs: makes /out/image of the OCI image layout in /layout.d.
set -eu

# digests FILE: `named` is the digest that the file names last.
digests() {
  named=$(sed -n 's/.*"digest":"sha256:\([0-9a-f]*\)".*/\1/p' "$1")
  [ -n "$named" ]
}

cd /layout.d
case $1 in
  archive)
    tar --create --file /out/image --format=gnu --sort=name --owner=:0 --group=:0 --numeric-owner --mtime=@0 \
      --hard-dereference blobs index.json oci-layout
    ;;
  rootfs)
    # The layer is the file whose digest the manifest names last.
    digests index.json
    digests "blobs/sha256/$named"
    cp "blobs/sha256/$named" /out/image
    ;;
  *)
    echo "archive.sh: no form is called $1" >&2
    exit 1
    ;;
esac
