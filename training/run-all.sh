#!/bin/sh
# Trains part after part in the background, at idle priority, and goes on where it was when it is
# started again. Stop it with: kill -TERM -- -$(cat STATE/pid)
#   run-all.sh STATE [INIT]
# STATE is a folder outside the repository: material.zip, checkpoints, logs and pid lie there. INIT is
# a diffusers folder to start from. Minutes of each part come from MINUTES_vae, MINUTES_base, ...
set -eu
here=$(cd "$(dirname "$0")" && pwd)
state=$1
init=${2:-}
python=${PYTHON:-python3}

if [ "${LIMN_TRAINING_DETACHED:-}" != yes ]; then
  mkdir -p "$state"
  LIMN_TRAINING_DETACHED=yes setsid chrt -i 0 nice -n 19 "$0" "$@" >>"$state/log" 2>&1 </dev/null &
  exit 0
fi

train () {  # part, minutes
  [ -f "$state/$1.done" ] && return
  echo "$(date -u +%FT%TZ) $1 for $2 minutes"
  "$python" "$here/train.py" "$1" --out "$state" --material "$state/material.zip" --resume \
    --minutes "$2" ${init:+--init "$init"}
  touch "$state/$1.done"
}

main () {
  echo $$ >"$state/pid"
  export OMP_WAIT_POLICY=passive
  train vae "${MINUTES_vae:-35}"
  train base "${MINUTES_base:-600}"
  train pose "${MINUTES_pose:-120}"
  train depth "${MINUTES_depth:-120}"
  train motion "${MINUTES_motion:-120}"
  train few-step "${MINUTES_few_step:-120}"
  exit
}
main
