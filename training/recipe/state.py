# SPDX-License-Identifier: GPL-3.0-or-later
"""Checkpoints that survive a kill at any moment, and randomness that needs no saving.

Every random draw of training comes from a generator seeded by (seed, name, number), so that a step
is a function of its number and of the weights: a resumed run repeats the very same steps.
"""

import hashlib
import os
from pathlib import Path

import numpy as np
import torch


def seed_of(*parts):
    """A 63-bit seed from any row of words and numbers."""
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


def numpy_rng(*parts):
    return np.random.default_rng(seed_of(*parts))


def torch_rng(device, *parts):
    return torch.Generator(device).manual_seed(seed_of(*parts))


def write_atomically(path, write):
    """Calls `write(temporary path)`, syncs the file and renames it to `path`."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    write(temporary)
    with open(temporary, "rb") as file:
        os.fsync(file.fileno())
    os.replace(temporary, path)


def save(path, state):
    write_atomically(path, lambda temporary: torch.save(state, temporary))


def load(path):
    return torch.load(path, map_location="cpu", weights_only=True)


def copy_overlap(module, tensors):
    """Copies what `tensors` holds under the same names, cropped to the shapes of `module`.

    A warm start from a model of other widths. Returns the share of values that were found.
    """
    found = total = 0
    with torch.no_grad():
        for name, own in module.state_dict().items():
            total += own.numel()
            other = tensors.get(name)
            if other is None or other.dim() != own.dim():
                continue
            part = tuple(slice(0, min(a, b)) for a, b in zip(own.shape, other.shape, strict=True))
            own[part] = other[part].to(own)
            found += own[part].numel()
    return found / max(total, 1)
