# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings what a run has trained to another machine, in pieces of at most 15 MiB.

    python carry.py split RUN PIECES       averaged weights in f16, and the small files
    python carry.py join PIECES RUN        a run from which export, evaluate and later parts go on

Optimiser and live weights stay behind: training that goes on from joined pieces warms up anew from
the averaged weights.
"""

import argparse
import io
import tarfile
from pathlib import Path

import torch

from recipe import state

PIECE = 15 * 2**20
SMALL = ("config.json", "tokenizer/vocab.json", "tokenizer/merges.txt")
SMALL += ("tokenizer/tokenizer_config.json", "tokenizer/special_tokens_map.json")


def light(path):
    """A checkpoint without what only its own run needs: bytes"""
    saved = state.load(path)
    averaged = {
        name: {k: t.half() if t.is_floating_point() else t for k, t in tensors.items()}
        for name, tensors in saved["averaged"].items()
    }
    buffer = io.BytesIO()
    torch.save({"averaged": averaged, "facts": saved["facts"], "step": saved["step"]}, buffer)
    return buffer.getvalue()


def split(run, pieces):
    """Writes pieces/part-00, part-01, ...; returns how many"""
    pieces.mkdir(parents=True, exist_ok=True)
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:

        def add(name, data):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))

        for name in SMALL:
            if (run / name).exists():
                add(name, (run / name).read_bytes())
        for path in sorted(run.glob("*/last.pt")):
            add(f"{path.parent.name}/last.pt", light(path))
            curve = path.with_name("curve.csv")
            if curve.exists():
                add(f"{path.parent.name}/curve.csv", curve.read_bytes())
    data = whole.getvalue()
    for i in range(0, len(data), PIECE):
        (pieces / f"part-{i // PIECE:02}").write_bytes(data[i : i + PIECE])
    return -(-len(data) // PIECE)


def join(pieces, run):
    """Puts the pieces together; averaged weights come back as f32."""
    data = b"".join(path.read_bytes() for path in sorted(pieces.glob("part-[0-9][0-9]")))
    run.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        archive.extractall(run, filter="data")
    for path in run.glob("*/last.pt"):
        saved = state.load(path)
        saved["averaged"] = {
            name: {k: t.float() if t.is_floating_point() else t for k, t in tensors.items()}
            for name, tensors in saved["averaged"].items()
        }
        state.save(path, saved)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("verb", choices=["split", "join"])
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    options = parser.parse_args()
    verbs = {"split": split, "join": join}
    verbs[options.verb](options.source, options.target)


if __name__ == "__main__":
    main()
