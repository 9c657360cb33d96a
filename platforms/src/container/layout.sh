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
    --directory /root.d --null --verbatim-files-from "$@"
}

# Everything is root's, but for what is listed, which comes after it with its own owners. To tar, a number
# behind a colon is an id, and nothing else is.
cd /root.d
find . -mindepth 1 -printf '%P\0' >/tmp/found
LC_ALL=C sort --zero-terminated /tmp/found >/tmp/all
LC_ALL=C comm --zero-terminated -23 /tmp/all /special >/tmp/plain
add --create --owner=:0 --group=:0 --files-from=/tmp/plain
while read -r mode uid gid path; do
  # What stands around it keeps the shell from cutting off white space.
  path=${path#/}
  path=${path%/}
  printf '%s\0' "$path" >/tmp/one
  # The mode of a link means nothing.
  if [ -L "$path" ]; then mode=0777; fi
  add --append --owner=":$uid" --group=":$gid" --mode="$mode" --files-from=/tmp/one
done </permissions

# put FILE: puts the file among the blobs; `blob` is what a descriptor says of it.
put() {
  digest=$(sha256sum <"$1")
  digest=${digest%% *}
  size=$(wc -c <"$1")
  cp "$1" "$blobs/$digest"
  chmod 644 "$blobs/$digest"
  blob="\"digest\":\"sha256:$digest\",\"size\":$size"
}

type=application/vnd.oci.image
diff_id=$(sha256sum <"$layer")
diff_id=${diff_id%% *}
gzip --no-name --force "$layer"
put "$layer.gz"
layers="{\"mediaType\":\"$type.layer.v1.tar+gzip\",$blob}"
config=$(sed "s/@DIFF_ID@/$diff_id/" /config.json)
printf '%s' "$config" >/tmp/config
put /tmp/config
printf '{"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"%s",%s},"layers":[%s]}' \
  "$type.manifest.v1+json" "$type.config.v1+json" "$blob" "$layers" >/tmp/manifest
put /tmp/manifest
# One descriptor a line: index.sh takes them from here.
printf '{"schemaVersion":2,"mediaType":"%s","manifests":[\n{"mediaType":"%s",%s,"platform":{"architecture":"%s","os":"linux"},"annotations":{"org.opencontainers.image.ref.name":"%s"}}\n]}' \
  "$type.index.v1+json" "$type.manifest.v1+json" "$blob" "$1" "$2" >/out/index.json
printf '{"imageLayoutVersion":"1.0.0"}' >/out/oci-layout
chmod 644 /out/index.json /out/oci-layout
