#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs the fuzz targets with libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer.
#
#   tests/fuzz/run.sh [SECONDS [TARGET...]]
#
# Builds build-fuzz/ with clang (Debian: clang, libclang-rt-14-dev) and gives each target, or those
# named, SECONDS (600), two at a time. What libFuzzer finds of interest gathers in
# build-fuzz/corpus/TARGET, beside the corpus that is in the tree, and helps the next run. Ends with
# a line a target: executions, edges and features covered (cov, ft), peak memory. Exits with 1 when
# one found something; the input lies in build-fuzz/found/, and
# `build-fuzz/tests/fuzz/fuzz-TARGET FILE` shows it again. JOBS=1 runs one at a time.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."
build=build-fuzz
seconds=${1:-600}
shift || true

all=()
for file in tests/fuzz/fuzz-*.c; do
  name=${file#*/fuzz-}
  all+=("${name%.c}")
done
targets=("$@")
if [ "$#" -eq 0 ]; then
  targets=("${all[@]}")
fi

if [ ! -f "$build/build.ninja" ]; then
  CC=clang meson setup "$build" -Dfuzz=true
fi
ninja -C "$build" engine/media/module/limn-media.so "${targets[@]/#/tests/fuzz/fuzz-}"

# GLib's slices would hide what is freed too early.
export G_SLICE=always-malloc
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1

# Inputs longer than these take time and show nothing new.
max_length() {
  case $1 in
    document | journal | safetensors | tokenizer) echo 16384 ;;
    *) echo 4096 ;;
  esac
}

run_target() {
  mkdir -p "$build/corpus/$1" "$build/found"
  nice -n 10 "$build/tests/fuzz/fuzz-$1" -max_total_time="$seconds" -max_len="$(max_length "$1")" \
    -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$build/found/$1-" \
    "$build/corpus/$1" "tests/fuzz/corpus/$1" >"$build/$1.log" 2>&1
}

# summary TARGET: from the last state line and the final statistics.
summary() {
  awk -v name="$1" '
    / cov: / {
      for (i = 1; i < NF; i++) {
        if ($i == "cov:") cov = $(i + 1)
        if ($i == "ft:") ft = $(i + 1)
      }
    }
    /stat::number_of_executed_units/ { runs = $2 }
    /stat::peak_rss_mb/ { rss = $2 }
    END { printf "%-12s %10d executions  cov %5d  ft %5d  %4d MiB\n", name, runs, cov, ft, rss }
  ' "$build/$1.log"
}

bad=0
jobs=()
# Waits for the oldest target.
finish_one() {
  local pid=${jobs[0]%%:*} name=${jobs[0]#*:}
  jobs=("${jobs[@]:1}")
  if ! wait "$pid"; then
    bad=1
    printf '%s found something; the end of %s:\n' "$name" "$build/$name.log" >&2
    tail -n 30 "$build/$name.log" >&2
  fi
  summary "$name"
}

for target in "${targets[@]}"; do
  if [ "${#jobs[@]}" -ge "${JOBS:-2}" ]; then
    finish_one
  fi
  run_target "$target" &
  jobs+=("$!:$target")
done
while [ "${#jobs[@]}" -gt 0 ]; do
  finish_one
done
exit "$bad"
