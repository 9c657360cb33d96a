#!/bin/sh
# swap-on DEVICE: swaps to DEVICE, and makes it swap space first if it is blank.

device=$1

fail() {
  echo "swap: $*"
  echo "swap: $*" 2>/dev/null >/dev/console
  exit 1
}

for _ in 1 2 3 4 5 6 7 8 9 10; do
  [ -b "$device" ] && break
  sleep 1
done
[ -b "$device" ] || fail "there is no $device"

# Whether the first 4 MiB can be read and are zeros.
blank() {
  zeros=$(dd if="$device" bs=64k count=64 2>/dev/null | tr -cd '\000' | wc -c) && [ "$zeros" -eq 4194304 ]
}

# All that any tool recognises, also behind the beginning.
found=$(wipefs --noheadings --output TYPE "$device") || fail "cannot read $device"
case $found in
  swap) ;;
  '')
    blank || fail "$device holds something that nobody knows, which is left alone"
    echo "swap: making $device swap space"
    mkswap "$device" || fail "cannot make $device swap space"
    sync
    ;;
  *) fail "$device holds something else (" $found "), which is left alone" ;;
esac
swapon "$device" || fail "cannot swap to $device"
