#!/bin/sh
# check GROUND DIR...: whether the engine lets the container do what its services need. Whatever it forbids is said
# now: later, each service would fail in a way of its own, or none would start.

failed=0
wrong() {
  echo "container: $1" >&2
  echo "hint: $2" >&2
  failed=1
}

for device in /dev/null /dev/urandom; do
  [ -c "$device" ] || wrong "there is no $device" "let the engine mount /dev as usual"
done
[ -e /proc/self ] || wrong "there is no /proc" "let the engine mount it as usual"
# Without these, nothing else can be told.
[ $failed = 0 ] || exit $failed

# The services lie in the first one and start from there; all of them are written to.
ground=$1
for dir; do
  if probe=$(mktemp "$dir/.check.XXXXXX" 2>/dev/null); then
    if [ "$dir" = "$ground" ]; then
      # Only trying tells: busybox' `test -x` looks at the mode alone.
      printf '#!/bin/sh\nexit 0\n' >"$probe"
      chmod 755 "$probe"
      "$probe" 2>/dev/null || wrong "$dir is mounted so that no program can start from there (noexec)" \
        "let it be a directory of the container, or mount it with exec: --tmpfs $dir:exec"
      chown nobody "$probe" 2>/dev/null || wrong "files cannot be given to the users of services" \
        "let it have the capability CHOWN, and enough user ids (/etc/subuid)"
    fi
    rm -f "$probe"
  else
    wrong "$dir cannot be written" "mount a volume there, or memory: --tmpfs $dir:exec"
  fi
done
s6-setuidgid nobody true 2>/dev/null || wrong "services cannot become their users" \
  "let it have the capabilities SETUID and SETGID, and enough user ids (/etc/subuid)"
exit $failed
