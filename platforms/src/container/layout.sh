#!/bin/sh
# layout.sh ARCHITECTURE NAME: makes an OCI image layout of the tree in /root.d, of an image that is called
# so.
set -eu

layer=/tmp/layer.tar
blobs=/out/blobs/sha256
mkdir -p "$blobs"

# Times, names of users, and which files are one file in the store, must not matter.
add() {
  tar --file "$layer" --format=gnu --no-recursion --hard-dereference --numeric-owner --mtime=@0 \
    --directory /root.d "$@"
}

# Everything is root's, but for what is listed, which comes after it with its own owners.
cut -d ' ' -f 4- /permissions >/tmp/special
cd /root.d
find . -mindepth 1 -printf '%P\n' | LC_ALL=C sort | grep -vxF -f /tmp/special >/tmp/plain
add --create --owner=+0 --group=+0 --verbatim-files-from --files-from=/tmp/plain
while read -r mode uid gid path; do
  printf '%s\n' "$path" >/tmp/one
  # The mode of a link means nothing.
  [ -L "$path" ] && mode=0777
  add --append --owner="+$uid" --group="+$gid" --mode="$mode" --verbatim-files-from --files-from=/tmp/one
done </permissions

# digest FILE: puts the file among the blobs; prints its name there and its size.
digest() {
  set -- "$1" "$(sha256sum <"$1" | cut -d ' ' -f 1)"
  cp "$1" "$blobs/$2"
  chmod 644 "$blobs/$2"
  echo "\"digest\":\"sha256:$2\",\"size\":$(wc -c <"$1")"
}

type=application/vnd.oci.image
diff_id=$(sha256sum <"$layer" | cut -d ' ' -f 1)
gzip --no-name --force "$layer"
sed "s/@DIFF_ID@/$diff_id/" /config.json | tr -d '\n' >/tmp/config
printf '{"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"%s",%s},"layers":[{"mediaType":"%s",%s}]}' \
  "$type.manifest.v1+json" "$type.config.v1+json" "$(digest /tmp/config)" \
  "$type.layer.v1.tar+gzip" "$(digest "$layer.gz")" >/tmp/manifest
# One descriptor a line: index.sh takes them from here.
printf '{"schemaVersion":2,"mediaType":"%s","manifests":[\n{"mediaType":"%s",%s,"platform":{"architecture":"%s","os":"linux"},"annotations":{"org.opencontainers.image.ref.name":"%s"}}\n]}' \
  "$type.index.v1+json" "$type.manifest.v1+json" "$(digest /tmp/manifest)" "$1" "$2" >/out/index.json
printf '{"imageLayoutVersion":"1.0.0"}' >/out/oci-layout
chmod 644 /out/index.json /out/oci-layout
