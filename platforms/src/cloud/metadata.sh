#!/bin/sh
# metadata any|CLOUD: asks the cloud once what it knows about this machine. Whatever goes wrong, the
# consoles say so, and everything that comes after goes on without an answer: this script never fails.
#
# What is asked is the cloud that the firmware names: elsewhere nobody has the service's address, or
# somebody has it who is not to be trusted.

only=$1
answer=/run/cloud/answer
drive=/run/cloud/drive
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
  say "$*: going on without metadata"
  exit 0
}

firmware() { cat "/sys/class/dmi/id/$1" 2>/dev/null; }

# Whose machine this is. (So does cloud-init recognise them.)
cloud() {
  case $(firmware sys_vendor) in
    'Amazon EC2') echo amazon ;;
    Google) echo google ;;
    DigitalOcean) echo digitalocean ;;
    'OpenStack Foundation') echo openstack ;;
    *)
      case "$(firmware product_name)/$(firmware chassis_asset_tag)" in
        */7783-7084-3265-9085-8269-3286-77) echo azure ;;
        OpenStack*) echo openstack ;;
      esac
      ;;
  esac
}

# The device with OpenStack's config drive: an ISO 9660 file system of this name.
config_drive() {
  for device in /sys/class/block/*; do
    device=/dev/${device##*/}
    label=$(dd if="$device" bs=8 skip=4101 count=1 2>/dev/null | tr A-Z a-z)
    [ "$label" = config-2 ] && echo "$device" && return
  done
}

# What comes from outside is parsed without root's rights.
unprivileged() { s6-setuidgid metadata "/usr/libexec/distill/cloud/fetch" "$@" | head -c $((limit + 1)) >"$answer.new"; }

complete() { [ -s "$answer.new" ] && [ "$(wc -c <"$answer.new")" -le $limit ]; }

from_drive() {
  mkdir -p "$drive"
  mount -t iso9660 -o ro,nosuid,nodev,noexec "$1" "$drive" || return
  unprivileged openstack-drive <"$drive/openstack/latest/meta_data.json"
  umount "$drive"
  complete
}

umask 077
trap 'rm -f "$answer.new"' EXIT
name=$(cloud)
case $only in
  any | openstack)
    device=$(config_drive)
    if [ -n "$device" ] && from_drive "$device"; then
      mv "$answer.new" "$answer"
      say "read from the config drive $device"
      exit 0
    fi
    ;;
esac
[ -n "$name" ] || go_on "the firmware names no cloud"
[ "$only" = any ] || [ "$only" = "$name" ] || go_on "the firmware names another cloud, $name"

tries=60
until unprivileged "$name" </dev/null && complete; do
  tries=$((tries - 1))
  [ $tries -gt 0 ] || go_on "$name has no answer"
  sleep 1
done
mv "$answer.new" "$answer"
say "fetched from $name"
