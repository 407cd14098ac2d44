#!/bin/sh
# Trains everything on one large GPU in three calls of at most ten minutes, for a machine that is there
# for half an hour and has no network.
#   gpu.sh PHASE OUT          PHASE is 1, 2 or 3; OUT gets pieces of at most 15 MiB, and the report
# Beside this script lie out/material.zip (fetch.sh, pack.py) and out/vendor (vendor.sh). The run lies
# in RUN (default /tmp/limn-run) and goes on there from call to call; where the machine was changed in
# between, pieces of the call before in out/pieces bring back its weights.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
phase=$1
out=$2
run=${RUN:-/tmp/limn-run}
site=/tmp/limn-site
python=${PYTHON:-python3}
export PYTHONUNBUFFERED=1

if [ ! -d "$site" ] && [ -d "$here/out/vendor" ]; then
  mkdir -p "$site"
  tar -xJf "$here/out/vendor/diffusers.tar.xz" -C "$site"
  "$python" -m pip install --quiet --no-index --no-deps --target "$site" "$here"/out/vendor/*.whl
fi
export PYTHONPATH="$site${PYTHONPATH:+:$PYTHONPATH}"
mkdir -p "$run" "$out"
[ -f "$run/material.zip" ] || cp "$here/out/material.zip" "$run/"
if [ ! -d "$run/vae" ] && [ -d "$here/out/pieces" ]; then
  "$python" "$here/carry.py" join "$here/out/pieces" "$run"
fi

train () {  # part, minutes in all, seconds now, further options
  part=$1 minutes=$2 seconds=$3
  shift 3
  timeout --signal=TERM --kill-after=30 "$seconds" "$python" "$here/train.py" "$part" --out "$run" \
    --material "$run/material.zip" --minutes "$minutes" --resume "$@" 2>&1 | grep -v Warning || true
}

case $phase in
  1)
    train vae 2 200
    train base 7.5 300
    ;;
  2)
    train base 7.5 280
    train pose 1.2 150 --set pool_first=4096
    train depth 1.2 150 --set pool_first=4096
    ;;
  3)
    train motion 1.8 170
    train few-step 1.2 140
    train judge 0.6 60
    timeout 130 "$python" "$here/evaluate.py" --run "$run" --out "$out/report" --count 100 \
      --material "$run/material.zip" || echo "the report is not whole"
    [ ! -d "$out/report" ] || tar -C "$out" -cf "$out/report.tar" report && rm -rf "$out/report"
    ;;
esac
for part in vae base pose depth motion few-step; do
  [ ! -f "$run/$part/curve.csv" ] || tail -n 1 "$run/$part/curve.csv"
done
"$python" "$here/carry.py" split "$run" "$out"
find "$run" -name 'sheet-*.png' -newer "$run/material.zip" | sort | tail -n 1 | xargs -I{} cp {} "$out/"
ls -l "$out"
