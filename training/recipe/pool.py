# SPDX-License-Identifier: GPL-3.0-or-later
"""A pool of encoded samples: a ring of which a part is made anew at each step.

Encoding costs as much as a training step, so that each sample is seen several times. Samples are
made in blocks, and a block is a function of its number alone: block j lies at place j modulo the
number of places, and before step s the pool has seen first + s / every blocks. On a processor the
ring is a set of mapped files, which outlive the process; on a GPU it lies in the GPU's memory.
"""

import json

import numpy as np
import torch


class Pool:
    """fields: {name: (shape of one sample, numpy type)}; make(j) -> {name: tensor [block, ...]}

    Samples of `first` blocks are there before the first step; one more is made every `every` steps,
    and the ring grows to `places` blocks.
    """

    def __init__(self, fields, make, block, places, first, device, folder=None, every=1):
        self.make, self.block, self.places, self.first = make, block, places, min(first, places)
        self.every = every
        self.device, self.folder = torch.device(device), folder
        self.written = 0
        mapped = folder is not None and self.device.type == "cpu"
        self.rings = {
            name: self._ring(name, (places * block, *shape), dtype, mapped)
            for name, (shape, dtype) in fields.items()
        }
        self.count_path = folder / "count.json" if mapped else None
        if self.count_path is not None and self.count_path.exists():
            self.written = json.loads(self.count_path.read_text())["written"]

    @classmethod
    def for_samples(cls, config, samples, device, folder):
        """The pool of a part that trains on `samples` (samples.Samples)."""
        block = config.renew
        places, first = config.pool // block, config.pool_first // block
        return cls(samples.fields, samples, block, places, first, device, folder / "pool")

    def _ring(self, name, shape, dtype, mapped):
        if not mapped:
            kind = getattr(torch, np.dtype(dtype).name)
            return torch.zeros(shape, dtype=kind, device=self.device)
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{name}.npy"
        if path.exists():
            array = np.lib.format.open_memmap(path, "r+")
            if array.shape == shape and array.dtype == dtype:
                return torch.from_numpy(array)
        (self.folder / "count.json").unlink(missing_ok=True)
        return torch.from_numpy(np.lib.format.open_memmap(path, "w+", dtype, shape))

    def _write(self, j):
        place = j % self.places * self.block
        for name, values in self.make(j).items():
            self.rings[name][place : place + self.block] = values.to(self.device)

    def _count(self, written):
        self.written = written
        if self.count_path is not None:
            temporary = self.count_path.with_suffix(".tmp")
            temporary.write_text(json.dumps({"written": written}))
            temporary.replace(self.count_path)

    def _seen(self, step):
        """Blocks that were made before `step`"""
        return self.first + -(-step // self.every)

    def prepare(self, step):
        """Brings the ring to what it held before `step`, whatever a killed run wrote after it."""
        wanted = self._seen(step)
        oldest = max(0, wanted - self.places)
        fresh = range(max(oldest, self.written), wanted)
        # Blocks from a future that was lost lie where older ones belong.
        stale = range(max(oldest, wanted - self.places), min(wanted, self.written - self.places))
        todo = [*stale, *fresh]
        for n, j in enumerate(todo):
            self._write(j)
            if n % 100 == 99:
                print(f"pool: {n + 1} of {len(todo)} blocks", flush=True)
                if not stale:
                    self._count(j + 1)
        self._count(wanted)

    def step(self, step):
        """Adds the block of this step. Call it before take()."""
        wanted = self._seen(step + 1)
        if self.written < wanted:
            self._count(wanted)
            self._write(wanted - 1)

    def take(self, rng, count):
        """A batch of different samples: {name: tensor [count, ...]}"""
        filled = min(self.written, self.places) * self.block
        chosen = torch.from_numpy(rng.permutation(filled)[:count]).to(self.device)
        return {name: ring[chosen] for name, ring in self.rings.items()}
