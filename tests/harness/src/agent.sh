#!/bin/sh
# test-agent: runs what a test sends through the serial port `distill.test`. A request is a line
# `ID SECONDS SCRIPT INPUT`, with the lengths of what follows it: a script, and its standard input. The
# answer is a line `distill ID STATUS OUTPUT ERRORS`, with the lengths of what follows it. The first line,
# `distill hello BOOT`, says that requests are heard from now on.
until name=$(grep -ls '^distill\.test$' /sys/class/virtio-ports/*/name); do sleep 0.1; done
port=${name%/*}
port=/dev/${port##*/}
until [ -e "$port" ]; do sleep 0.1; done
exec 3<>"$port"
dir=/run/test-agent
mkdir -p -m 700 "$dir"

# take LENGTH FILE: so many bytes of the port
take() {
  : >"$2"
  [ "$1" = 0 ] || dd bs="$1" count=1 iflag=fullblock of="$2" <&3 2>/dev/null
}

# A line of an earlier boot may not have ended.
boot=$(cat /proc/sys/kernel/random/boot_id)
printf '\ndistill hello %s\n' "$boot" >&3

while read -r id seconds script input <&3; do
  # The end of a request that an earlier boot has begun to read.
  case $id:$seconds:$script:$input in *[!0-9:]* | *::* | *:) continue ;; esac
  take "$script" "$dir/script"
  take "$input" "$dir/input"
  (cd / && exec timeout -s KILL "$seconds" sh "$dir/script" 3<&-) \
    <"$dir/input" >"$dir/output" 2>"$dir/errors"
  status=$?
  output=$(wc -c <"$dir/output")
  errors=$(wc -c <"$dir/errors")
  {
    echo "distill $id $status $((output)) $((errors))"
    cat "$dir/output" "$dir/errors"
  } >&3
done
