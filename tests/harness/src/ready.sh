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

tries=$((limit / 100))
for name; do
  until [ -e "$name/supervise/status" ] || [ $tries -eq 0 ]; do
    tries=$((tries - 1))
    sleep 0.1
  done
done
s6-svwait -U -t $((tries * 100 + 1)) "$@" 2>/dev/null || { explain "$@" >&2; exit 1; }
last=$(for name; do s6-svstat -o readyfor "$name"; done | sort -n | head -n 1)
up=$(cut -d . -f 1 /proc/uptime)
echo $((up - last))
