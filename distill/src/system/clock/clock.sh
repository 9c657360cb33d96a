#!/bin/sh
# clock SECONDS: sets the clock to so many seconds since 1970, if it shows an earlier time.
now=$(date +%s) || exit
[ "$now" -lt "$1" ] || exit 0
before=$(date -u '+%F %T')
date -u -s "@$1" >/dev/null || exit
after=$(date -u '+%F %T')
echo "clock: it was $before, which is over: it is $after at least" >/dev/console
