#!/bin/sh
# start-services DATABASE SCANDIR BUNDLE: has s6-rc start everything, once s6-svscan listens.
until s6-svscanctl -a "$2" 2>/dev/null; do sleep 0.1; done
s6-rc-init -c "$1" "$2" || exit
s6-rc -u change "$3" && exit
# From now on, nothing is tried by itself.
: >/run/oneshot/.failed/.some
echo "some services failed, what comes after them waits; try again: s6-rc -u change $3" >/dev/console
