#!/bin/sh
# Runs every command for a few steps at tiny sizes, in some minutes: training of all the parts, a kill
# and its resume, export, the load by diffusers, evaluation, carrying weights in pieces.
#   smoke.sh MATERIAL.zip [FOLDER]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
material=$1
folder=${2:-$(mktemp -d)}
python=${PYTHON:-python3}
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"

train () {  # folder, part, steps
  "$python" "$here/train.py" "$2" --preset tiny --device cpu --out "$1" --material "$material" \
    --steps "$3" --no-fall --resume
}

for part in vae base; do
  train "$folder/whole" $part 20
  # The second run is stopped by a signal wherever it happens to be, then goes on.
  mkdir -p "$folder/killed"
  if [ $part = base ]; then
    mkdir -p "$folder/killed/vae"
    cp "$folder/whole/vae/last.pt" "$folder/killed/vae/"
  fi
  train "$folder/killed" $part 10
  "$python" "$here/train.py" $part --preset tiny --device cpu --out "$folder/killed" \
    --material "$material" --steps 20 --no-fall --resume &
  child=$!
  sleep 8
  kill -KILL $child 2>/dev/null || true
  wait $child 2>/dev/null || true
  train "$folder/killed" $part 20
  "$python" "$here/test_resume.py" "$folder/whole" "$folder/killed" $part
done
for part in scribble pose depth motion few-step judge; do
  train "$folder/whole" $part 3
done
"$python" "$here/export.py" --run "$folder/whole" --out "$folder/export"
"$python" "$here/test_export.py" "$folder/export"
"$python" "$here/evaluate.py" --run "$folder/whole" --out "$folder/report" --count 8 \
  --material "$material" --device cpu
"$python" "$here/carry.py" split "$folder/whole" "$folder/pieces"
"$python" "$here/carry.py" join "$folder/pieces" "$folder/joined"
"$python" "$here/export.py" --run "$folder/joined" --out "$folder/export-joined"
diff -r "$folder/export" "$folder/export-joined"
echo "all of the recipe runs; see $folder"
