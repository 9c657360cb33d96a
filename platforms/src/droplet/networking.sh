#!/bin/sh
# networking: gives the interfaces the addresses and routes that the metadata names.
# networking late: the same, after the network was asked for by DHCP.

metadata=/run/droplet/metadata.json
# Says that there is no need for DHCP.
configured=/run/droplet/configured
late=$1

[ -s "$metadata" ] || exit 0

# The interface of a hardware address, or of a name.
interface() {
  for device in /sys/class/net/*; do
    name=${device##*/}
    hardware=$(cat "$device/address")
    if [ "$name" = "$1" ] || [ "$hardware" = "$1" ]; then
      echo "$name"
      return
    fi
  done
  echo "networking: no interface is $1" >&2
  return 1
}

# DHCP has nothing more to do, and takes no addresses away later.
end_dhcp() {
  [ ! -e "$configured" ] || return
  : >"$configured"
  s6-svc -wR -T 10000 -r /run/service/dhcp.eth0
}

address() {
  ip link set "$1" up
  ip addr replace "$2" dev "$1" && echo "networking: $1: $2"
}

# The gateway need not lie in a network of the interface.
default() {
  case $2 in
    *:*) ip -6 route replace default via "$2" dev "$1" onlink ;;
    *) ip route replace default via "$2" dev "$1" onlink ;;
  esac && echo "networking: $1: everything else by $2"
}

s6-setuidgid metadata jq -r -f /usr/libexec/distill/droplet/networking.jq <"$metadata" |
  while read -r what where value; do
    # Checked already, but by a process that may have been taken over: this one is root's.
    case $where$value in *[!0-9A-Za-z.:/]*) continue ;; esac
    name=$(interface "$where") || continue
    case $what in
      public)
        [ "$late" != late ] || end_dhcp
        address "$name" "$value" && : >"$configured"
        ;;
      more) address "$name" "$value" ;;
      default) default "$name" "$value" ;;
    esac
  done
[ -e "$configured" ] || echo "networking: no public address, leaving it to DHCP"
