#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the files that Limn's tests compare against, with PyTorch, diffusers and transformers.

Never needed to build Limn or to run its tests: what it makes is kept in the repository.
"""

import argparse
import importlib
import pathlib

import diffusers
import torch
import transformers

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PARTS = ("modules", "single_file", "noise", "samplers", "tokenizer", "prompts", "runs", "starter",
         "pictures")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART",
                        help=f"which to make, of {', '.join(PARTS)}; all when none is named")
    parser.add_argument("--out", type=pathlib.Path, default=HERE)
    parser.add_argument("--model", type=pathlib.Path, default=ROOT / "data/models/starter",
                        help="the starter model, for its tokenizer and the part 'starter'")
    parser.add_argument("--drawing", type=pathlib.Path, default=ROOT / "data/samples/balloon.png",
                        help="dark lines on white, 256x256")
    parser.add_argument("--check", action="store_true",
                        help="also measure how much the runs amplify errors; slower")
    args = parser.parse_args()
    unknown = set(args.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")

    diffusers.logging.set_verbosity_error()
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(2)
    torch.use_deterministic_algorithms(True)
    for part in args.parts or PARTS:
        module = importlib.import_module(f"golden.{part}")
        with torch.no_grad():
            if part in ("modules", "single_file", "noise", "samplers", "pictures"):
                module.make(args.out)
            elif part == "tokenizer":
                module.make(args.out, args.model / "tokenizer")
            elif part == "prompts":
                module.make(args.out, args.model)
            elif part == "runs":
                module.make(args.out, args.check)
            else:
                module.make(args.out, args.model, args.drawing, args.check)


if __name__ == "__main__":
    main()
