#!/bin/sh
# fetch CLOUD: prints what the cloud knows about this machine, as lines `hostname NAME` and `key KEY`.
# Prints nothing if there is no answer. It runs as a user of its own.
#
# With `openstack-page` or `digitalocean-page`, what the cloud says is on standard input.

server=http://169.254.169.254

# For jq: a text as a line, unless it has control characters; white space at its end does not count.
line='def line($word):
  strings | sub("\\s+\\z"; "") | select(test("[\\x00-\\x1f\\x7f]") | not) | "\($word) \(.)";'

# A page; fails with 22 if the server has no such one (or not for us).
get() { curl --silent --fail --noproxy '*' --connect-timeout 3 --max-time 10 --max-filesize 1048576 "$@"; }

# A page that need not exist.
optional() {
  "$@" || [ $? -eq 22 ]
}

# all_lines PATTERN TEXT: whether all lines of a page match that are not empty, perhaps none. A server that is not
# ready yet may say anything, also with a good status: what is not JSON has to look like what it should be.
all_lines() { ! printf '%s\n' "$2" | grep . | grep -qvE "$1"; }

# IMDSv2: a session first. Its name is not for the list of processes.
amazon() {
  session=$(get -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$server/latest/api/token") || return
  [ -n "$session" ] && all_lines '^[A-Za-z0-9+/=_-]+$' "$session" || return
  amazon_get() {
    printf 'header = "X-aws-ec2-metadata-token: %s"\n' "$session" |
      get -K - "$server/latest/meta-data/$1"
  }
  name=$(amazon_get hostname) && keys=$(optional amazon_get public-keys/) || return
  [ -n "$name" ] && all_lines '^[A-Za-z0-9]' "$name" && all_lines '^[0-9]+=' "$keys" || return
  numbers=$(echo "$keys" | sed -n 's/^\([0-9][0-9]*\)=.*/\1/p') || return
  for number in $numbers; do
    key=$(amazon_get "public-keys/$number/openssh-key") && all_lines '^[^<]' "$key" || return
    all="$all$key
"
  done
  # Where the network has two domains, both stand there.
  echo "hostname ${name%% *}"
  echo "$all" | sed -n 's/^./key &/p'
}

# Lines `USER:KEY`. Those that Google's tools make expire, which nobody here would notice.
google() {
  google_get() { get -H 'Metadata-Flavor: Google' "$server/computeMetadata/v1/$1"; }
  name=$(google_get instance/hostname) &&
    keys=$(optional google_get instance/attributes/ssh-keys) &&
    blocked=$(optional google_get instance/attributes/block-project-ssh-keys) || return
  case $blocked in
    [Tt][Rr][Uu][Ee]) others= ;;
    *) others=$(optional google_get project/attributes/ssh-keys) || return ;;
  esac
  [ -n "$name" ] && all_lines '^[A-Za-z0-9]' "$name" &&
    all_lines '^[^<]' "$keys" && all_lines '^[^<]' "$others" || return
  echo "hostname $name"
  printf '%s\n' "$keys" "$others" | sed -n '/ google-ssh /d; s/^[^:]*:\(.\)/key \1/p'
}

# Keys may come in several lines.
azure() {
  page=$(get -H 'Metadata: true' "$server/metadata/instance?api-version=2021-02-01") || return
  echo "$page" | jq -r "$line"'.compute
    | (.osProfile.computerName? // .name | line("hostname")),
      (.publicKeys[]?.keyData | strings | gsub("[\r\n]+"; "") | line("key"))'
}

openstack_page() {
  jq -r "$line"'(.hostname // .name | line("hostname")), (.public_keys | objects | .[] | line("key"))'
}

openstack() {
  page=$(get "$server/openstack/latest/meta_data.json") && echo "$page" | openstack_page
}

digitalocean_page() {
  jq -r "$line"'(.hostname | line("hostname")), (.public_keys | arrays | .[] | line("key"))'
}

digitalocean() {
  page=$(get "$server/metadata/v1.json") && echo "$page" | digitalocean_page
}

case $1 in
  amazon | google | azure | openstack | digitalocean) "$1" ;;
  openstack-page) openstack_page ;;
  digitalocean-page) digitalocean_page ;;
  *) exit 1 ;;
esac
