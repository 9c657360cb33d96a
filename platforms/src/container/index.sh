#!/bin/sh
# index.sh NAME: makes one OCI image layout of those in /layout.d/NUMBER. The layout's index names one index,
# which names the images: so that all of them together have the name.
set -eu

blobs=/out/blobs/sha256
mkdir -p "$blobs"
type=application/vnd.oci.image.index.v1+json
annotations=',"annotations":{"org.opencontainers.image.ref.name":"'$1'"}'

manifests=
for layout in /layout.d/*; do
  cp "$layout"/blobs/sha256/* "$blobs/"
  # layout.sh writes one descriptor a line.
  descriptor=$(sed -n 's/,"annotations":{[^}]*}//; /^{"mediaType"/p' "$layout/index.json")
  [ -n "$descriptor" ]
  manifests="$manifests${manifests:+,}$descriptor"
done
printf '{"schemaVersion":2,"mediaType":"%s","manifests":[%s]}' "$type" "$manifests" >/tmp/index
digest=$(sha256sum </tmp/index)
digest=${digest%% *}
size=$(wc -c </tmp/index)
cp /tmp/index "$blobs/$digest"
printf '{"schemaVersion":2,"mediaType":"%s","manifests":[\n{"mediaType":"%s","digest":"sha256:%s","size":%s%s}\n]}' \
  "$type" "$type" "$digest" "$size" "$annotations" >/out/index.json
printf '{"imageLayoutVersion":"1.0.0"}' >/out/oci-layout
chmod 644 /out/index.json /out/oci-layout "$blobs"/*
