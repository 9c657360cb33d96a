#!/bin/sh
# Called by udhcpc with what has happened; the lease is in the environment. File descriptor 9 says
# that the service is ready.
#
# udhcpc passes on what the server says, and makes text of numbers and addresses itself. What is text
# already may be anything: no pattern in it is expanded, and it is looked at before it is believed.
set -f

resolv() {
  /usr/libexec/distill/resolv "$interface.udhcpc"
}

# Names below which others are looked for (options 119 and 15). For a domain that is no name, such as
# the two with a space between them that Amazon's networks may have, udhcpc says `bad`, or the first
# letters of that for a shorter one; below these, anybody may have names.
domains() {
  for name in ${search:-$domain}; do
    case $name in
      b | ba | bad | [.-]* | *[!A-Za-z0-9._-]*) echo "$interface: ignored an impossible domain" >&2 ;;
      *) printf ' %s' "$name" ;;
    esac
  done
}

# An address of somebody: these two are of nobody, or of everybody.
is_somebody() {
  case $1 in
    0.0.0.0 | 255.255.255.255) return 1 ;;
  esac
}

dns() {
  found=$(domains)
  [ -z "$found" ] || echo "search$found"
  for server in $dns; do
    if is_somebody "$server"; then echo "nameserver $server"; fi
  done
}

# Pairs of destination and gateway (option 121) come instead of the gateways, if there are any.
routes() {
  index=$(cat "/sys/class/net/$interface/ifindex")
  metric=$((100 + index))
  if [ -n "$staticroutes" ]; then
    set -- $staticroutes
    while [ $# -ge 2 ]; do
      case $2 in
        0.0.0.0) ip route replace "$1" dev "$interface" metric $metric ;;
        *) ip route replace "$1" via "$2" dev "$interface" onlink metric $metric ;;
      esac
      shift 2
    done
  else
    for gateway in $router; do
      is_somebody "$gateway" || continue
      # Not every gateway lies in the interface's own network.
      ip route replace default via "$gateway" dev "$interface" onlink metric $metric
      metric=$((metric + 1))
    done
  fi
}

case $1 in
  deconfig)
    ip addr flush dev "$interface"
    ip link set "$interface" up
    resolv </dev/null
    ;;
  bound | renew)
    # A server may leave out how large the network is: gateways need not lie in it.
    mask=${mask:-32}
    if ! ip -o addr show dev "$interface" | grep -qF " $ip/$mask "; then
      ip addr flush dev "$interface"
      ip addr add "$ip/$mask" broadcast + dev "$interface"
    fi
    # Every host takes packets of 576 bytes (RFC 791): who says less has made a mistake.
    [ "${mtu:-0}" -lt 576 ] || ip link set "$interface" mtu "$mtu"
    routes
    dns | resolv
    echo "$interface: $ip/$mask from $serverid for $lease s"
    # After the first time nobody listens any more.
    trap '' PIPE
    [ "$1" = renew ] || echo 2>/dev/null >&9
    ;;
  leasefail) echo "$interface: no answer" ;;
  nak)
    message=$(printf '%s' "$message" | tr -c '[:print:]' '?')
    printf '%s: refused: %s\n' "$interface" "$message"
    ;;
esac
