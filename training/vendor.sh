#!/bin/sh
# Puts into FOLDER what a machine with torch and transformers, but without a network, lacks: diffusers
# without its pipelines (1 MB packed) and some small wheels. gpu.sh unpacks them there.
#   vendor.sh FOLDER
set -eu
folder=$1
python=${PYTHON:-python3}
source=$("$python" -c 'import diffusers, pathlib; print(pathlib.Path(diffusers.__file__).parent)')
mkdir -p "$folder"
tar -C "$(dirname "$source")" --exclude=__pycache__ --exclude='pipelines/*/*' \
  --exclude='modular_pipelines/*/*' -cJf "$folder/diffusers.tar.xz" diffusers
"$python" -m pip download --quiet --no-deps --only-binary=:all: --dest "$folder" \
  resvg-py safetensors importlib_metadata zipp
