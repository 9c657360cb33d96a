#!/bin/sh
# hostname: calls the machine what its owner called it, unless the image has a name for it.

answer=/run/cloud/answer

[ -s "$answer" ] || exit 0
own=$(cat /etc/hostname) || exit
[ "$own" = localhost ] || exit 0
name=$(sed -n '/^hostname /{s/^hostname //p;q}' "$answer") || exit
# The kernel takes no more. The first part of a name is one, too; its first letters are none.
[ ${#name} -le 64 ] || name=${name%%.*}
[ ${#name} -le 64 ] || name=
# Clouds also give names with a dot at the end, or with `_`, which is in no host's name elsewhere.
while :; do
  case $name in
    _*) name=${name#_} ;;
    *[._]) name=${name%?} ;;
    *_*) name=${name%%_*}-${name#*_} ;;
    *) break ;;
  esac
done
case $name in
  '' | *[!A-Za-z0-9.-]* | [.-]* | *-) echo "hostname: the cloud knows none that can be used" ;;
  *) hostname "$name" ;;
esac
