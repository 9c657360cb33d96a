#!/bin/sh
# chrony-burst PID: where there is no network yet, waits for one, as long as the daemon PID lives, and
# has its servers asked at once: it has tried in vain already, and would wait for more than a minute.

routes() {
  found=$(ip -4 route show; ip -6 route show default)
  [ -n "$found" ]
}

routes && exit
until routes; do
  kill -0 "$1" || exit
  sleep 1
done
chronyc -n -m refresh 'burst 4/8'
