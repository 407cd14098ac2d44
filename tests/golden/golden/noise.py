# SPDX-License-Identifier: GPL-3.0-or-later
"""torch.randn of PyTorch's CPU generator, for many seeds and counts."""

import torch

from .common import generator, save

SEEDS = (0, 1, 42, 2**32 + 5, 2**63 + 1, 2**64 - 1)
COUNTS = (1, 3, 15, 16, 17, 31, 64, 1000)


def make(out):
    def from_seed(seed, count):
        # manual_seed takes the upper half of the 64-bit range as negative numbers.
        return torch.randn(count, generator=generator(seed if seed < 2**63 else seed - 2**64))

    tensors = {f"seed{seed}_count{count}": from_seed(seed, count)
               for seed in SEEDS for count in COUNTS}
    tensors["seed42_count16384"] = from_seed(42, 4 * 64 * 64)
    # One generator, three calls: the second half of a pair outlives the call between.
    together = generator(7)
    for index, count in enumerate((7, 20, 3)):
        tensors[f"sequence7_call{index}_count{count}"] = torch.randn(count, generator=together)
    save(out / "randn.safetensors", tensors)
    print(f"randn: {len(tensors)} tensors")
