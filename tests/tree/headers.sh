#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# TAP: every header compiles alone, and no folder includes what stands above it (HACKING.md, "The
# rooms"). headers.sh ROOT CC FLAG...
set -u
root=$1
shift
cd "$root" || exit 1
count=0

# check NAME OUTPUT: a test that passes when there is no output.
check() {
  count=$((count + 1))
  if [ -z "$2" ]; then
    printf 'ok %d %s\n' "$count" "$1"
  else
    printf '%s\n' "$2" | sed 's/^/# /'
    printf 'not ok %d %s\n' "$count" "$1"
  fi
}

# forbidden FOLDER PATTERN: includes in FOLDER that match PATTERN.
forbidden() {
  grep -rnE "^#include [<\"]($2)" "$1" --include='*.[ch]'
}

while IFS= read -r header; do
  check "$header alone" "$("$@" -std=gnu17 -Wall -Wextra -Wno-unused-parameter -D_GNU_SOURCE \
    -Iengine -Iapp -Iui -fsyntax-only -include "$header" -x c /dev/null 2>&1)"
done < <(find engine app ui -name '*.h' | sort)

check "the engine knows no window" "$(forbidden engine 'gtk|adwaita|gdk')"
check "commands and documents know no window" "$(forbidden app 'gtk|adwaita|gdk|epoxy')"
check "the program knows one header of the engine" \
  "$(forbidden app '(vk|cpu|models|samplers|text|pipeline|io)/|(device|ops|pass|arena|tensor|rng)\.h')"
check "the window knows one header of the engine" \
  "$(forbidden ui '(vk|cpu|models|samplers|text|pipeline|io)/|(device|ops|pass|arena|tensor|rng)\.h')"
check "Vulkan knows no model" "$(forbidden engine/vk '(models|samplers|text|pipeline|io|cpu)/')"
check "the processor knows no model" "$(forbidden engine/cpu '(models|samplers|text|pipeline|io|vk)/')"
check "operators know no model" \
  "$(grep -nE '^#include "(models|samplers|text|pipeline|io)/' engine/ops.[ch] engine/pass*.[ch] \
    engine/arena.[ch] engine/device.[ch] engine/measure.c engine/tensor.[ch])"
check "models know no pipeline" "$(forbidden engine/models '(pipeline|samplers|text|vk|cpu)/')"
check "readers of files know no model" "$(forbidden engine/io '(models|samplers|text|pipeline|vk|cpu)/')"
printf '1..%d\n' "$count"
