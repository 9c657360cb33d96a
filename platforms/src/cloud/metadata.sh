#!/bin/sh
# metadata any|CLOUD: asks the cloud what it knows about this machine. Whatever goes wrong, the consoles say
# so, and everything that comes after goes on without an answer: this script never fails.
# metadata any|CLOUD again: asks it once more, and fails if there is no answer.
#
# What is asked is the cloud that the firmware names: elsewhere nobody has the service's address, or
# somebody has it who is not to be trusted.

. /usr/libexec/distill/cloud/asking

only=$1
how=${2:-first}
drive=/run/cloud/drive

firmware() { cat "/sys/class/dmi/id/$1" 2>/dev/null; }

# Whose machine this is. (So does cloud-init recognise them.)
cloud() {
  vendor=$(firmware sys_vendor)
  product=$(firmware product_name)
  chassis=$(firmware chassis_asset_tag)
  case $vendor in
    'Amazon EC2') echo amazon ;;
    Google) echo google ;;
    DigitalOcean) echo digitalocean ;;
    'OpenStack Foundation') echo openstack ;;
    *)
      case $product/$chassis in
        */7783-7084-3265-9085-8269-3286-77) echo azure ;;
        OpenStack*) echo openstack ;;
      esac
      ;;
  esac
}

# OpenStack's config drive, which is called config-2: its file system and its device.
config_drive() {
  for device in /sys/class/block/*; do
    device=/dev/${device##*/}
    # Where the name lies: in ISO 9660, in a FAT of 12 or 16 bits, in one of 32.
    for place in iso9660:32808 vfat:43 vfat:71; do
      label=$(dd if="$device" bs=1 skip="${place#*:}" count=8 2>/dev/null | tr -d '\000' | tr A-Z a-z)
      [ "$label" = config-2 ] && echo "${place%:*} $device" && return
    done
  done
}

# from_drive TYPE DEVICE
from_drive() {
  mkdir -p "$drive"
  mount -t "$1" -o ro,nosuid,nodev,noexec "$2" "$drive" || return
  take "$answer.new" "$fetch" openstack-page <"$drive/openstack/latest/meta_data.json"
  taken=$?
  umount "$drive"
  return $taken
}

umask 077
trap 'rm -f "$answer.new"' EXIT
name=$(cloud)
# Elsewhere, a disk of that name is anybody's.
case $only/$name in
  any/ | any/openstack | openstack/ | openstack/openstack)
    found=$(config_drive)
    # shellcheck disable=SC2086 # two words
    if [ -n "$found" ] && from_drive $found; then
      mv "$answer.new" "$answer"
      say "read from the config drive ${found#* }"
      exit 0
    fi
    ;;
esac
[ -n "$name" ] || go_on "the firmware names no cloud"
[ "$only" = any ] || [ "$only" = "$name" ] || go_on "the firmware names another cloud, $name"

# How long others wait for it, in seconds.
patience=60
since=$(seconds_up)
until take "$answer.new" "$fetch" "$name" </dev/null; do
  now=$(seconds_up)
  [ "$how" = first ] && [ $((now - since)) -lt $patience ] || ask_on "$name has no answer"
  sleep 1
done
mv "$answer.new" "$answer"
say "fetched from $name"
