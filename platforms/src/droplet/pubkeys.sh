#!/bin/sh
# pubkeys: lets in whoever has one of the keys that the machine was made with, as root.

metadata=/run/droplet/metadata.json
keys=/run/ssh/authorized_keys/root

[ -s "$metadata" ] || exit 0
umask 077
s6-setuidgid metadata jq -r -f /usr/libexec/distill/droplet/pubkeys.jq <"$metadata" >"$keys.new" || exit 1
mv "$keys.new" "$keys"
echo "pubkeys: $(wc -l <"$keys") for root"
