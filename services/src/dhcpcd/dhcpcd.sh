#!/bin/sh
# Called by dhcpcd with what has happened; what it knows is in the environment.
# Values come from the network: they are never evaluated, and no pattern in them is expanded.
set -f

# What router advertisements that still count say: the kind of option, its variable's last part.
advertised() {
  i=1
  while eval "acquired=\$nd${i}_acquired"; [ -n "$acquired" ]; do
    eval "age=\$((nd${i}_now - acquired))"
    j=1
    while eval "lifetime=\$nd${i}_$1${j}_lifetime"; [ -n "$lifetime" ]; do
      [ "$lifetime" -le "$age" ] || eval "printf '%s ' \"\$nd${i}_$1${j}_$2\""
      j=$((j + 1))
    done
    i=$((i + 1))
  done
}

lines() {
  search=
  domains=$(advertised dnssl search)
  servers=$(advertised rdnss servers)
  for domain in ${new_domain_search:-$new_domain_name} $new_dhcp6_domain_search $domains; do
    case $domain in
      *[!A-Za-z0-9._-]*) echo "$interface: ignored an impossible domain" >&2 ;;
      *) search="$search $domain" ;;
    esac
  done
  [ -z "$search" ] || echo "search$search"
  for server in $new_domain_name_servers $new_dhcp6_name_servers $servers; do
    echo "nameserver $server"
  done
}

resolv() {
  /usr/libexec/distill/resolv "$interface.dhcpcd.$protocol"
}

if [ -n "$interface" ]; then
  if [ "$if_up" = true ] || [ "$reason" = ROUTERADVERT ]; then
    lines | resolv
  elif [ "$if_down" = true ]; then
    resolv </dev/null
  fi
fi

# Hooks of the system's own.
set +f
for hook in /etc/dhcpcd/hooks/"$reason"/*; do
  [ ! -x "$hook" ] || "$hook"
done

case $reason in
  BOUND | RENEW | REBIND | REBOOT | INFORM | STATIC | TIMEOUT) family=4 ;;
  BOUND6 | RENEW6 | REBIND6 | REBOOT6 | ROUTERADVERT) family=6 ;;
  *) exit 0 ;;
esac
case $waitip in
  '' | $family) : >/run/dhcpcd/ready ;;
esac
