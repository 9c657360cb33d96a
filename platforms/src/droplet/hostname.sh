#!/bin/sh
# hostname: calls the machine what its owner called it, unless the image has a name for it.

metadata=/run/droplet/metadata.json

[ -s "$metadata" ] && [ "$(cat /etc/hostname)" = localhost ] || exit 0
name=$(s6-setuidgid metadata jq -r -f /usr/libexec/distill/droplet/hostname.jq <"$metadata")
case $name in
  '' | *[!A-Za-z0-9.-]* | [.-]*) echo "hostname: the metadata has none that can be used" ;;
  *) hostname "$name" ;;
esac
