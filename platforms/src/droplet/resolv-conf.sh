#!/bin/sh
# resolv-conf: asks the name servers that the metadata names. /etc/resolv.conf points to the file.

metadata=/run/droplet/metadata.json
file=/run/resolv.conf

[ -s "$metadata" ] || exit 0
s6-setuidgid metadata jq -r -f /usr/libexec/distill/droplet/resolv-conf.jq <"$metadata" >"$file.new" || exit 1
[ -s "$file.new" ] || exec rm "$file.new"
mv "$file.new" "$file"
