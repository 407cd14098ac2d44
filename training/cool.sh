#!/bin/sh
# Brings what a running training has to a good end, beside it: copies the last checkpoint of the base,
# lets the learning rate fall over some steps, and exports. The training itself goes on untouched.
#   cool.sh STATE FOLDER [STEPS]        the model lies in FOLDER/starter
set -eu
here=$(cd "$(dirname "$0")" && pwd)
state=$1
folder=$2
steps=${3:-100}
python=${PYTHON:-python3}
rm -rf "$folder"
mkdir -p "$folder"
cp -r "$state/vae" "$state/base" "$state/tokenizer" "$state/config.json" "$folder/"
"$python" "$here/train.py" base --resume --fall "$steps" --out "$folder" \
  --material "$state/material.zip"
"$python" "$here/export.py" --run "$folder" --out "$folder/starter"
