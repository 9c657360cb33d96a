# What asks a cloud begins with this (`. asking`): how it is told, and how much is believed.

# What the cloud knows, as lines `hostname NAME` and `key KEY`.
answer=/run/cloud/answer
fetch=/usr/libexec/distill/cloud/fetch
# More bytes are no answer.
limit=1048576

# Somebody may look at the screen, at the serial line, or at the log.
say() {
  echo "metadata: $*"
  ttys=$(cat /sys/class/tty/console/active)
  for tty in $ttys; do
    echo "metadata: $*" 2>/dev/null >"/dev/$tty"
  done
}

# go_on WHY WITH-WHAT: there is no answer.
go_on() {
  say "$1: going on without metadata$2"
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
