# SPDX-License-Identifier: GPL-3.0-or-later
"""How many threads training may take on a machine that has other work to do."""

import os
from pathlib import Path

import torch

HZ = os.sysconf("SC_CLK_TCK")
WAIT = 10.0  # seconds between two looks


class Threads:
    """As many threads as processors that others leave free, and at least one.

    OpenMP's threads wait for each other, so that one of them on a busy processor holds all of them
    up. Nothing is done where OMP_NUM_THREADS is set: a run that must repeat itself to the last bit
    sets it.
    """

    def __init__(self):
        self.active = "OMP_NUM_THREADS" not in os.environ and Path("/proc/stat").exists()
        self.at, self.busy = None, 0.0

    @staticmethod
    def _look():
        """(seconds since boot, seconds that processes of usual priority have run)"""
        user, _nice, system = Path("/proc/stat").read_text().split(None, 4)[1:4]
        uptime = float(Path("/proc/uptime").read_text().split()[0])
        return uptime, (int(user) + int(system)) / HZ

    def adjust(self):
        """Call it between two steps."""
        if not self.active:
            return
        at, busy = self._look()
        if self.at is not None and at - self.at < WAIT:
            return
        if self.at is not None:
            others = (busy - self.busy) / (at - self.at)
            free = round((os.cpu_count() or 1) - others)
            torch.set_num_threads(max(1, free))
        self.at, self.busy = at, busy
