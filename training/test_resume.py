# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that a run that was killed and resumed has the same loss curve as one that was not.

python test_resume.py WHOLE RESUMED PART       two folders of train.py with the same --steps
"""

import csv
import sys
from pathlib import Path

import torch

from recipe import state


def curve(folder, part):
    """{step: loss}"""
    with open(folder / part / "curve.csv", newline="") as file:
        return {int(row["step"]): float(row["loss"]) for row in csv.DictReader(file) if row["loss"]}


def compare(whole, resumed, part):
    first, second = (state.load(folder / part / "last.pt") for folder in (whole, resumed))
    assert first["step"] == second["step"], (first["step"], second["step"])
    for name, module in first["modules"].items():
        for key, tensor in module.items():
            other = second["modules"][name][key]
            assert torch.allclose(tensor, other, rtol=1e-4, atol=1e-6), f"{name}.{key}"
    losses, others = curve(whole, part), curve(resumed, part)
    shared = sorted(set(losses) & set(others))
    assert shared and max(shared) == first["step"], shared
    last = shared[-1]
    assert abs(losses[last] - others[last]) <= 1e-4 * abs(losses[last]), (losses, others)
    print(f"{part}: the resumed run is the same, loss {others[last]:.6g} at step {last}")


if __name__ == "__main__":
    compare(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
