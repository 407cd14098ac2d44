#!/bin/sh
# Fetches the material by name from the npm registry, checks it, and unpacks it.
#   fetch.sh [FOLDER]     FOLDER defaults to training/out/material
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here/out/material}
command -v npm >/dev/null || { echo "fetch.sh needs npm (Debian: apt-get install npm)" >&2; exit 1; }
mkdir -p "$folder/archives"
cd "$folder/archives"

# name, version, the file that npm pack writes
packages='
@lobehub/fluent-emoji-3d                1.1.0  lobehub-fluent-emoji-3d-1.1.0.tgz
@iconify-json/fluent-emoji-flat         1.2.6  iconify-json-fluent-emoji-flat-1.2.6.tgz
@iconify-json/fluent-emoji-high-contrast 1.2.6 iconify-json-fluent-emoji-high-contrast-1.2.6.tgz
emojibase-data                          17.0.0 emojibase-data-17.0.0.tgz
'
echo "$packages" | while read -r name version archive; do
  [ -n "$name" ] || continue
  [ -f "$archive" ] || npm pack --silent "$name@$version"
done
sha256sum --check --quiet "$here/checksums.sha256"

unpack () {  # archive, folder
  rm -rf "$folder/$2"
  mkdir -p "$folder/$2"
  tar -xzf "$1" -C "$folder/$2" --strip-components 1
}
unpack lobehub-fluent-emoji-3d-1.1.0.tgz 3d
unpack iconify-json-fluent-emoji-flat-1.2.6.tgz flat
unpack iconify-json-fluent-emoji-high-contrast-1.2.6.tgz line
unpack emojibase-data-17.0.0.tgz emojibase
echo "material in $folder; next: python pack.py --material $folder"
