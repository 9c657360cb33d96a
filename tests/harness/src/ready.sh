# The arguments are a limit in milliseconds and services; without services, all that ever say that they are
# ready. Waits until they are, and prints how long after the kernel's start the last of them was, in whole
# seconds.
limit=$1
shift
cd /run/service || exit
if [ $# -eq 0 ]; then
  for file in */notification-fd; do set -- "$@" "${file%/*}"; done
fi
for name; do
  [ -d "$name" ] || { echo "there is no service $name" >&2; exit 1; }
  [ -e "$name/notification-fd" ] || { echo "$name never says that it is ready" >&2; exit 1; }
done

# What somebody wants to know who has waited in vain.
explain() {
  for name; do
    state=$(s6-svstat -o up,ready "$name" 2>/dev/null)
    [ "$state" = 'true true' ] && continue
    state=$(s6-svstat "$name" 2>&1)
    echo "$name is not ready: $state"
    tail -n 10 "/var/log/$name/current" 2>/dev/null
  done
  echo "what services without a log said last:"
  tail -n 10 /run/log/catch-all/current
}

# What a service comes after: s6's run scripts say it, and s6-rc's source directories.
before() {
  sed -n 's,.*await-ready \([^}]*\)}.*,\1,p' "/etc/s6/service/$1/run" 2>/dev/null
  ls "/etc/s6-rc/source/$1/dependencies.d" 2>/dev/null
}

# Prints the service that has failed, for which others wait in vain: one of these, or one that they come after.
failed() {
  seen=' '
  last=
  # s6-rc tries nothing any more once something has failed.
  down=
  [ ! -e /run/oneshot/.failed/.some ] || down=$(s6-rc -d -a list)
  while [ $# -gt 0 ]; do
    name=${1##*/}
    shift
    case $seen in *" $name "*) continue ;; esac
    seen="$seen$name "
    if [ -e "/run/oneshot/.failed/$name" ] || { [ -n "$down" ] && echo "$down" | grep -qx "$name"; }; then
      last=$name
    fi
    before=$(before "$name")
    # shellcheck disable=SC2086 # words
    set -- "$@" $before
  done
  # The one that was found last is the fault of no other.
  [ -n "$last" ] && echo "$last"
}

waits=$((limit / 500))
until
  ready=yes
  for name; do [ -e "$name/supervise/status" ] || ready=; done
  if [ -n "$ready" ]; then s6-svwait -U -t 500 "$@" 2>/dev/null; else sleep 0.5; false; fi
do
  waits=$((waits - 1))
  if culprit=$(failed "$@"); then
    echo "$culprit has failed: $* cannot become ready" >&2
    explain "$culprit" >&2
    exit 1
  fi
  [ $waits -gt 0 ] || { explain "$@" >&2; exit 1; }
done
last=$(for name; do s6-svstat -o readyfor "$name"; done | sort -n | head -n 1)
up=$(cut -d . -f 1 /proc/uptime)
echo $((up - last))
