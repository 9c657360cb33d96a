#!/bin/sh
# hostname: calls the machine what its owner called it, unless the image has a name for it.

answer=/run/cloud/answer

[ -s "$answer" ] && [ "$(cat /etc/hostname)" = localhost ] || exit 0
name=$(sed -n 's/^hostname //p' "$answer" | head -n 1)
# The kernel takes no more. The first part of a name is one, too; its first letters are none.
[ ${#name} -le 64 ] || name=${name%%.*}
[ ${#name} -le 64 ] || name=
case $name in
  '' | *[!A-Za-z0-9.-]* | [.-]* | *[.-]) echo "hostname: the cloud knows none that can be used" ;;
  *) hostname "$name" ;;
esac
