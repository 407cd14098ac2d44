#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# TAP: spirv-val accepts every shader in both storage types. shaders.sh FOLDER GLSLANG SPIRV-VAL
set -u
cd "$1" || exit 1
spirv=$(mktemp)
trap 'rm -f "$spirv"' EXIT
count=0

for shader in *.comp; do
  for storage in F32 F16; do
    count=$((count + 1))
    if output=$("$2" --quiet --target-env vulkan1.2 "-DSTORAGE_$storage=1" -I. -o "$spirv" "$shader" 2>&1 &&
      "$3" --target-env vulkan1.2 "$spirv" 2>&1); then
      printf 'ok %d %s %s\n' "$count" "$shader" "$storage"
    else
      printf '%s\n' "$output" | sed 's/^/# /'
      printf 'not ok %d %s %s\n' "$count" "$shader" "$storage"
    fi
  done
done
printf '1..%d\n' "$count"
