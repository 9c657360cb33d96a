# What asks a cloud begins with this (`. asking`): how it is told, and how much is believed.

# What the cloud knows, as lines `hostname NAME` and `key KEY`.
answer=/run/cloud/answer
# Who is still to answer, if nobody did in time: `later` asks on.
awaited=/run/cloud/awaited
fetch=/usr/libexec/distill/cloud/fetch
# More bytes are no answer.
limit=1048576
# `first`: others wait for the answer. `again`: they do no more, and it is asked once.
how=first

# How long the machine is up: the clock may be set meanwhile.
seconds_up() { cut -d . -f 1 /proc/uptime; }

# Somebody may look at the screen, at the serial line, or at the log.
say() {
  echo "metadata: $*"
  ttys=$(cat /sys/class/tty/console/active)
  for tty in $ttys; do
    echo "metadata: $*" 2>/dev/null >"/dev/$tty"
  done
}

# go_on WHY WITH-WHAT: there is no answer, and nobody who could give one.
go_on() {
  [ "$how" = first ] || exit 1
  say "$1: going on without metadata$2"
  exit 0
}

# ask_on WHY WITH-WHAT: there is no answer yet.
ask_on() {
  [ "$how" = first ] || exit 1
  echo "$1" >"$awaited"
  say "$1 yet: going on without metadata$2, and asking on"
  exit 0
}

# take FILE COMMAND...: puts what the command prints into FILE; fails if that is nothing, or too much.
# What comes from outside is read without root's rights.
take() {
  file=$1
  shift
  s6-setuidgid metadata "$@" | head -c $((limit + 1)) >"$file"
  size=$(wc -c <"$file") && [ "$size" -gt 0 ] && [ "$size" -le $limit ]
}
