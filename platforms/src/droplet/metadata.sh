#!/bin/sh
# metadata: asks the cloud what it knows about this machine. Whatever goes wrong, the consoles say so, and
# everything that comes after goes on without an answer: this script never fails.
# metadata again: asks it once more, and fails if there is no answer.
#
# Where no cloud is, nobody has the server's address: that is known after three seconds, and then
# there is nothing to wait for, unless the machine is known to be the cloud's. A server that is there
# is asked twenty times, which takes twenty seconds if it refuses, and two minutes if it is silent. Then
# others go on, and it is asked on.

. /usr/libexec/distill/cloud/asking

server=169.254.169.254
url=http://$server/metadata/v1.json
interface=eth0
device=/sys/class/net/$interface
page=/run/droplet/metadata.json

how=${1:-first}
meanwhile=", the network is asked for by DHCP"
without() { go_on "$*" "$meanwhile"; }
not_yet() { ask_on "$*" "$meanwhile"; }

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
  [ "$how" = first ] || tries=0
  shift
  until "$@"; do
    [ "$tries" -gt 0 ] || return
    tries=$((tries - 1))
    sleep 1
  done
}

connected() { carrier=$(cat "$device/carrier" 2>/dev/null) && [ "$carrier" = 1 ]; }

# Whether somebody has the server's address (one question a second).
present() { arping -q -f -c 3 -w 3 -I "$interface" "$server" >/dev/null 2>&1; }

# Whether the firmware says whose machine this is. (So does cloud-init recognise a droplet.)
in_the_cloud() { grep -qx DigitalOcean /sys/class/dmi/id/sys_vendor 2>/dev/null; }

# One object, and nothing else.
is_answer() { s6-setuidgid metadata jq -e -s 'length == 1 and (.[0] | type == "object")' >/dev/null 2>&1; }

ask() {
  take "$page.new" timeout 15 wget -q -T 5 -O - "$url" </dev/null && is_answer <"$page.new"
}

wait_for 10 test -e "$device" || without "there is no $interface"
address=$(link_local) || without "$interface has no hardware address"

umask 077
ip link set "$interface" up
ip addr add "$address/16" dev "$interface" || without "cannot give $interface an address"
trap 'ip addr del "$address/16" dev "$interface"; rm -f "$page.new" "$answer.new"' EXIT
if in_the_cloud; then
  wait_for 5 connected || not_yet "$interface is not connected"
  wait_for 19 present || not_yet "nobody has the address $server"
else
  wait_for 5 connected || without "$interface is not connected"
  present || without "nobody has the address $server"
fi
wait_for 19 ask || not_yet "no answer from $url"
mv "$page.new" "$page"
take "$answer.new" "$fetch" digitalocean-page <"$page" && mv "$answer.new" "$answer"
say "fetched from $url"
