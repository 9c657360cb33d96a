#!/bin/sh
# metadata: asks the cloud once what it knows about this machine. Whatever goes wrong, the consoles
# say so, and everything that comes after goes on without an answer: this script never fails.
#
# Where no cloud is, nobody has the server's address: that is known after three seconds, and then
# there is nothing to wait for, unless the machine is known to be the cloud's. A server that is there
# is asked twenty times, which takes twenty seconds if it refuses, and two minutes if it is silent.

server=169.254.169.254
url=http://$server/metadata/v1.json
interface=eth0
device=/sys/class/net/$interface
answer=/run/droplet/metadata.json
# More bytes are no answer.
limit=1048576

# Somebody may look at the screen, at the serial line, or at the log.
say() {
  echo "metadata: $*"
  for tty in $(cat /sys/class/tty/console/active); do
    echo "metadata: $*" 2>/dev/null >"/dev/$tty"
  done
}

go_on() {
  say "$*: going on without metadata, the network is asked for by DHCP"
  exit 0
}

# A link-local address made from the hardware's, so that neighbours differ. RFC 3927 keeps the first
# and the last 256 for itself, and one is the server's.
link_local() {
  IFS=: read -r _ _ _ _ fifth sixth <"$device/address" || return
  third=$((0x$fifth % 254 + 1))
  fourth=$((0x$sixth))
  [ "$third.$fourth" != 169.254 ] || fourth=253
  echo "169.254.$third.$fourth"
}

# wait_for RETRIES COMMAND...: tries the command until it succeeds, but not for ever.
wait_for() {
  tries=$1
  shift
  until "$@"; do
    [ "$tries" -gt 0 ] || return
    tries=$((tries - 1))
    sleep 1
  done
}

connected() { [ "$(cat "$device/carrier" 2>/dev/null)" = 1 ]; }

# Whether somebody has the server's address (one question a second).
present() { arping -q -f -c 3 -w 3 -I "$interface" "$server" >/dev/null 2>&1; }

# How often to look for it again: not at all, unless the firmware says whose machine this is. (So does
# cloud-init recognise a droplet.)
searches() {
  case $(cat /sys/class/dmi/id/sys_vendor 2>/dev/null) in
    DigitalOcean) echo 19 ;;
    *) echo 0 ;;
  esac
}

# What comes from outside is parsed without root's rights.
fetch() {
  s6-setuidgid metadata timeout 15 wget -q -T 5 -O - "$url" </dev/null |
    head -c $((limit + 1)) >"$answer.new"
  [ "$(wc -c <"$answer.new")" -le $limit ] &&
    s6-setuidgid metadata jq -e -s 'length == 1 and (.[0] | type == "object")' <"$answer.new" >/dev/null 2>&1
}

wait_for 10 test -e "$device" || go_on "there is no $interface"
address=$(link_local) || go_on "$interface has no hardware address"

umask 077
ip link set "$interface" up
ip addr add "$address/16" dev "$interface" || go_on "cannot give $interface an address"
trap 'ip addr del "$address/16" dev "$interface"; rm -f "$answer.new"' EXIT
wait_for 5 connected || go_on "$interface is not connected"
wait_for "$(searches)" present || go_on "nobody has the address $server"
wait_for 19 fetch || go_on "no answer from $url"
mv "$answer.new" "$answer"
say "fetched from $url"
