# SPDX-License-Identifier: GPL-3.0-or-later
"""How many threads training may take on a machine that has other work to do."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch

HZ = os.sysconf("SC_CLK_TCK")
WAIT = 10.0  # seconds between two looks


class Threads:
    """As many threads as processors that others leave free, and at least one.

    A batch is cut into a share for each of them, and each works through its share alone. OpenMP's
    threads would meet after every operation instead, of which a step has ten thousand, and one of
    them on a busy processor would hold all of them up.

    The count stays as it is where OMP_NUM_THREADS is set: a run that must repeat itself to the last
    bit sets it. On a GPU there is one share.
    """

    def __init__(self, device):
        self.most = 1 if torch.device(device).type == "cuda" else torch.get_num_threads()
        self.count = self.most
        self.active = "OMP_NUM_THREADS" not in os.environ and Path("/proc/stat").exists()
        self.at, self.busy = None, 0.0
        self.workers = ThreadPoolExecutor(
            self.most, initializer=torch.set_num_threads, initargs=(1,)
        )

    @staticmethod
    def _look():
        """(seconds since boot, seconds that processes of usual priority have run)"""
        user, _nice, system = Path("/proc/stat").read_text().split(None, 4)[1:4]
        uptime = float(Path("/proc/uptime").read_text().split()[0])
        return uptime, (int(user) + int(system)) / HZ

    def adjust(self):
        """Call it between two steps."""
        if not self.active or self.most == 1:
            return
        at, busy = self._look()
        if self.at is not None and at - self.at < WAIT:
            return
        if self.at is not None:
            others = (busy - self.busy) / (at - self.at)
            self.count = max(1, round(self.most - others))
            torch.set_num_threads(self.count)
        self.at, self.busy = at, busy

    def map(self, function, batch):
        """function(share of the batch, its part of the whole) for every share; a list of results.

        batch: {name: tensor [n, ...]}. A share has every count-th row, so that a tensor with fewer
        rows, which belong to the first of the batch, still meets its own.
        """
        if self.count == 1:
            return [function(batch, 1.0)]
        n = max(len(tensor) for tensor in batch.values())
        count = min(self.count, n)
        shares = [{name: t[i::count] for name, t in batch.items()} for i in range(count)]
        parts = [len(range(i, n, count)) / n for i in range(count)]
        return list(self.workers.map(function, shares, parts))
