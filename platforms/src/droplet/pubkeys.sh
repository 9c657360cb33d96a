#!/bin/sh
# pubkeys: lets in whoever has one of the keys that the machine was made with, as root. It never
# fails: sshd starts after it, and may know other keys.

metadata=/run/droplet/metadata.json
keys=/run/ssh/authorized_keys/root

[ -s "$metadata" ] || exit 0
umask 077
if s6-setuidgid metadata jq -r -f /usr/libexec/distill/droplet/pubkeys.jq <"$metadata" >"$keys.new"; then
  mv "$keys.new" "$keys"
  echo "pubkeys: $(wc -l <"$keys") for root"
else
  rm -f "$keys.new"
  echo "pubkeys: the metadata cannot be read"
fi
