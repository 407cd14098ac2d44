#!/bin/sh
# Puts what a run has trained in the place of the model that Limn carries, and makes anew what hangs on
# it: the golden files of tests/golden and the pictures of the README. Limn must be built.
#   ship.sh RUN REPORT        REPORT is the folder that evaluate.py wrote
set -eu
here=$(cd "$(dirname "$0")" && pwd)
run=$1
report=$2
python=${PYTHON:-python3}
root=$(dirname "$here")
starter=$root/data/models/starter

"$python" "$here/export.py" --run "$run" --out "$root/out/starter" --report "$report"
"$python" "$here/test_export.py" "$root/out/starter"
rm -rf "$starter"
mv "$root/out/starter" "$starter"

cd "$root/tests/golden"
"$python" make_golden.py prompts starter
"$python" make_motion.py
"$python" make_lora.py

draw () {  # sample, seed, prompt
  "$root/build/limn" generate --model "$starter" --scribble "$root/data/samples/$1.png" --seed "$2" \
    --prompt "$3" --out "$root/docs/images/$1.png"
}
draw balloon 5 "red balloon on sky"
draw flower 1 "yellow flower on green"
draw ghost 5 "ghost on purple"
