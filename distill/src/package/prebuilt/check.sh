# Whether programs below /out can run with what lies beside them.
#
# check.sh MACHINE PROGRAM...: each program is one for MACHINE, as readelf calls it, and what loads it and the libraries that
# it needs, and that these need, lie below /out.
set -eu
machine=$1
shift
fail() {
  echo "prebuilt: $*" >&2
  exit 1
}
# All libraries below /out, by name.
find /out -name '*.so*' | sed 's|.*/||' | sort -u >/tmp/there
for program do
  test -f "/out/$program" || fail "$program is not there"
  header=$(readelf -hW "/out/$program") || fail "$program is not a program that is made of machine code"
  case $header in *"$machine"*) ;; *) fail "$program is not for $machine" ;; esac
  printf '%s\n' "$program"
done >/tmp/open
: >/tmp/seen
while test -s /tmp/open; do
  : >/tmp/next
  while read -r file; do
    segments=$(readelf -lW "/out/$file")
    loader=$(printf '%s\n' "$segments" | sed -n 's/.*program interpreter: \(.*\)\]/\1/p')
    dynamic=$(readelf -dW "/out/$file")
    {
      test -z "$loader" || printf '%s\n' "${loader##*/}"
      printf '%s\n' "$dynamic" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
    } >/tmp/needed
    while read -r library; do
      if grep -qxF "$library" /tmp/seen; then continue; fi
      printf '%s\n' "$library" >>/tmp/seen
      grep -qxF "$library" /tmp/there || fail "$file needs $library, which is not among the sources"
      find /out -name "$library" >/tmp/found
      read -r found </tmp/found
      found=$(readlink -f "$found")
      case $found in /out/*) printf '%s\n' "${found#/out/}" >>/tmp/next ;; *) fail "$library leads to $found, which is not there" ;; esac
    done </tmp/needed
  done </tmp/open
  mv /tmp/next /tmp/open
done
