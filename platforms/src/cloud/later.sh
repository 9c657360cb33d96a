#!/bin/sh
# later COMMAND...: if a cloud had no answer in time, asks on with the command, at longer and longer intervals,
# until there is one, however long that takes. Then everything is done that would have been done with it at boot.

. /usr/libexec/distill/cloud/asking

if [ -e "$awaited" ] && [ ! -s "$answer" ]; then
  why=$(cat "$awaited")
  since=$(seconds_up)
  told=0
  pause=1
  until "$@"; do
    now=$(seconds_up)
    waited=$((now - since))
    if [ $((waited - told)) -ge 60 ]; then
      told=$waited
      say "$why, after $waited s more: asking on"
    fi
    sleep $pause
    [ $pause -ge 16 ] || pause=$((pause * 2))
  done
  for taker in /usr/libexec/distill/cloud/takers/*; do
    [ ! -x "$taker" ] || "$taker" late
  done
fi
exec sleep inf
