#!/bin/sh
# var-mount [DEVICE]: mounts /var from DEVICE, or from the partition `var` of the disk that the root
# came from, which is appended on the first boot and grows with the disk.
#
# The file system is made before the partition is written into the table: a partition that stands
# there is good, and without one all begins again. So the power may fail at any moment.

# Less than this is not worth a partition (sectors of 512 bytes: 32 MiB).
least=65536

say() {
  echo "var-mount: $*"
  echo "var-mount: $*" 2>/dev/null >/dev/console
}

# Whatever is wrong with the disk, the machine comes up and can be logged in to.
in_memory() {
  say "$1"
  say "/var lies in memory until the next boot: nothing that is written there will last"
  mount -t tmpfs -o nosuid,nodev,mode=0755,size=25% var /var || exit 1
  prepare
  exit 0
}

prepare() {
  mkdir -p /var/cache /var/empty /var/home /var/lib /var/log /var/tmp
  chmod 1777 /var/tmp
  [ -L /var/run ] || ln -s /run /var/run
}

# attribute DIR NAME: what the kernel's uevent of a block device says.
attribute() { sed -n "s/^$2=//p" "$1/uevent"; }

# The kernel's directory of the partition that the root lies on, also below a device mapper.
root_partition() {
  number=$(mountpoint -d /) && dir=$(realpath "/sys/dev/block/$number") || return
  for below in "$dir"/slaves/*; do
    [ -e "$below" ] && dir=$(realpath "$below")
  done
  [ -e "$dir/partition" ] && echo "$dir"
}

# partition WHAT VALUE: the kernel's directory of the disk's partition whose attribute has the value.
partition() {
  for candidate in "$disk"/*/partition; do
    candidate=${candidate%/partition}
    value=$(attribute "$candidate" "$1") && [ "$value" = "$2" ] && echo "$candidate" && return
  done
}

# The first sector behind all partitions, at least behind the table.
first_free() {
  last=2048
  for other in "$disk"/*/partition; do
    other=${other%/partition}
    from=$(cat "$other/start") && length=$(cat "$other/size") || return
    [ $((from + length)) -gt $last ] && last=$((from + length))
  done
  echo $(((last + 2047) / 2048 * 2048))
}

# Where a partition may end, before the table's second copy.
end_of_disk() {
  sectors=$(cat "$disk/size") && echo $(((sectors - 34) / 2048 * 2048))
}

# table ARGUMENT...: changes the partition table; the kernel has been told already.
table() { sfdisk -q --no-reread --no-tell-kernel --wipe never --wipe-partitions never "$@"; }

format() {
  say "formatting $var"
  mke2fs -q -F -t ext4 -L var -E nodiscard "$var" || in_memory "cannot format $var"
}

append() {
  start=$(first_free) && end=$(end_of_disk) || in_memory "cannot tell what is free on $device"
  size=$((end - start))
  [ $size -ge $least ] || in_memory "no room for /var on $device"
  number=1
  while grep -qx $number "$disk"/*/partition; do number=$((number + 1)); done
  addpart "$device" $number $start $size || in_memory "cannot add a partition to $device"
  part=$(partition PARTN $number)
  name=$(attribute "$part" DEVNAME) && [ -n "$name" ] ||
    in_memory "there is no partition $number on $device"
  var=/dev/$name
  found=$(wipefs --noheadings --output TYPE "$var") || in_memory "cannot read $var"
  case $found in
    '') format ;;
    ext4) say "taking the file system that is on $var already" ;;
    *) in_memory "$var holds something else (" $found "), which is left alone" ;;
  esac
  sync
  # The table's second copy first, and alone: from then on one of the two is always whole.
  table --relocate gpt-bak-std "$device" && sync &&
    echo "start=$start, size=$size, type=linux, name=var" | table --append "$device" ||
    in_memory "cannot write the partition table of $device"
  sync
}

# Takes what has become free behind the partition, if the disk has grown.
grow() {
  start=$(cat "$part/start") && old=$(cat "$part/size") && free=$(first_free) &&
    end=$(end_of_disk) && number=$(attribute "$part" PARTN) || return
  size=$((end - start))
  [ "$free" -le $((start + old + 2047)) ] || return
  [ $size -ge $((old + least)) ] || return
  say "growing $var"
  table --relocate gpt-bak-std "$device" && sync &&
    echo "$start, $size" | table -N "$number" "$device" &&
    resizepart "$device" "$number" $size || say "cannot grow $var"
}

# Writes both copies of the table, if the power failed while the first one was written: the kernel has taken
# the second one (its command line says `gpt`).
mend() {
  sfdisk --verify "$device" 2>&1 | grep -q 'primary GPT table is corrupt' || return
  say "mending the partition table of $device"
  number=$(attribute "$part" PARTN) && table --part-label "$device" "$number" var && sync ||
    say "cannot mend the partition table of $device"
}

# Grows the file system to the size of its device, if that has grown, perhaps in an earlier boot.
fill() {
  blocks=$(dumpe2fs -h "$var" 2>/dev/null | sed -n 's/^Block \(count\|size\): *//p')
  # shellcheck disable=SC2086 # two words
  set -- $blocks
  [ $# -eq 2 ] && bytes=$(blockdev --getsize64 "$var") || return
  [ $((bytes / 512 - $1 * $2 / 512)) -ge $least ] || return
  resize2fs "$var" >/run/log/resize2fs 2>&1 && return
  said=$(tail -n 1 /run/log/resize2fs)
  say "cannot grow the file system on $var: $said"
}

# Whether the first 4 MiB can be read and are zeros.
blank() {
  zeros=$(dd if="$1" bs=64k count=64 2>/dev/null | tr -cd '\000' | wc -c) && [ "$zeros" -eq 4194304 ]
}

on_root_disk() {
  root=$(root_partition) || in_memory "the root is not on a partition"
  disk=${root%/*}
  device=/dev/$(attribute "$disk" DEVNAME)
  part=$(partition PARTNAME var)
  if [ -z "$part" ]; then
    append
  else
    var=/dev/$(attribute "$part" DEVNAME)
    mend
    grow
  fi
}

if [ $# -gt 0 ]; then
  var=$1
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ -b "$var" ] && break
    sleep 1
  done
  [ -b "$var" ] || in_memory "there is no $var"
else
  on_root_disk
fi
if blank "$var"; then format; fi
e2fsck -p "$var" >/run/log/e2fsck 2>&1
if [ $? -ge 4 ]; then
  said=$(tail -n 1 /run/log/e2fsck)
  in_memory "$var needs repair by hand: $said"
fi
mount -t ext4 -o nosuid,nodev "$var" /var || in_memory "cannot mount $var"
fill
prepare
# The time that was noted last is over: a machine without a clock of its own goes on from there.
noted=/var/lib/clock/noted
if [ -e "$noted" ] && time=$(stat -c %Y "$noted"); then /usr/libexec/distill/clock "$time"; fi
