#!/bin/sh
# copy GROUND PATH: puts what the image has for PATH there, unless something is there already.
#
# It is made in GROUND, the same file system, where only root can get at it, and moved when it is on the disk: so it
# is there as a whole or not at all, whenever the power fails, and nobody who can write beside PATH has a part in it.
image=/usr/share/distill/first-boot
if [ -e "$2" ] || [ -L "$2" ]; then exit 0; fi
new=$(mktemp -d "$1/.first-boot.XXXXXX") || exit
trap 'rm -rf "$new"' EXIT
cp -a "$image$2" "$new/copy" && mkdir -p "${2%/*}" && sync && mv -n -T "$new/copy" "$2"
