# Packs programs, what they are made of, and under which licences, into one archive, and says its checksum.
#
# archive.sh NAME: the programs are in /usr/bin, as /release/programs lists them; the crates are in /crates, and
# /release/crates lists their directories, addresses and checksums.
set -eu
name=$1
top=/tmp/$name
mkdir -p "$top/bin" "$top/licences" /out
while read -r program; do
  cp "/usr/bin/$program" "$top/bin/"
done </release/programs
cp LICENSE-* README.md CHANGELOG.md "$top/"
printf 'package\tlicence\tsha256\n' >"$top/crates.tsv"
while read -r directory purl checksum; do
  licence=$(sed -n 's/^license = "\(.*\)"$/\1/p' "/crates/$directory/Cargo.toml")
  printf '%s\t%s\t%s\n' "$purl" "${licence:-see licences/$directory}" "$checksum" >>"$top/crates.tsv"
  find "/crates/$directory" -maxdepth 1 -type f -iregex '.*/\(un\)?\(licen[cs]e\|copying\|notice\).*' >/tmp/found
  while read -r file; do
    mkdir -p "$top/licences/$directory"
    cp "$file" "$top/licences/$directory/"
  done </tmp/found
done </release/crates
cd /tmp
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=u+w,go-w -cf "$name.tar" "$name"
xz -T1 "$name.tar"
mv "$name.tar.xz" /out/
cd /out
sha256sum "$name.tar.xz" >SHA256SUMS
