#!/bin/sh
# Called by udhcpc with what has happened; the lease is in the environment. File descriptor 9 says
# that the service is ready.

resolv() {
  /usr/libexec/distill/resolv "$interface.udhcpc"
}

dns() {
  [ -n "$search$domain" ] && echo "search ${search:-$domain}"
  for server in $dns; do echo "nameserver $server"; done
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
    if ! ip -o addr show dev "$interface" | grep -qF " $ip/$mask "; then
      ip addr flush dev "$interface"
      ip addr add "$ip/$mask" broadcast + dev "$interface"
    fi
    [ -z "$mtu" ] || ip link set "$interface" mtu "$mtu"
    routes
    dns | resolv
    echo "$interface: $ip/$mask from $serverid for $lease s"
    # After the first time nobody listens any more.
    trap '' PIPE
    [ "$1" = renew ] || echo 2>/dev/null >&9
    ;;
  leasefail) echo "$interface: no answer" ;;
  nak) echo "$interface: refused: $message" ;;
esac
