#!/bin/sh
# resolv NAME: what is read becomes NAME's part of /run/resolv.conf; if it is nothing, NAME has none.

parts=/run/resolv.d
# One at a time.
if [ -z "$RESOLV_LOCKED" ]; then
  mkdir -p $parts
  export RESOLV_LOCKED=1
  exec s6-setlock $parts/.lock "$0" "$@"
fi

cat >"$parts/.new"
if [ -s "$parts/.new" ]; then
  mv "$parts/.new" "$parts/$1"
else
  rm -f "$parts/.new" "$parts/$1"
fi

# Of several lines `search` only the last would count. The file is swapped in as a whole.
cat "$parts"/* 2>/dev/null | awk '
  $1 == "search" { for (i = 2; i <= NF; i++) if (!seen[$1, $i]++) search = search " " $i }
  $1 == "nameserver" && !seen[$1, $2]++ { servers = servers "nameserver " $2 "\n" }
  END { if (search != "") print "search" search; printf "%s", servers }
' >"$parts/.conf"
mv "$parts/.conf" /run/resolv.conf
