# SPDX-License-Identifier: GPL-3.0-or-later
"""Exponential moving averages of weights, in f32."""

import torch


class Ema:
    """Follows the parameters of `modules`; the decay grows with the steps up to `limit`.

    The ramp (1 + n) / (10 + n) lets a young average forget the untrained weights.
    """

    def __init__(self, modules, limit):
        self.limit = limit
        self.live = [p for m in modules for p in m.parameters() if p.requires_grad]
        self.average = [p.detach().clone() for p in self.live]

    @torch.no_grad()
    def update(self, step):
        decay = min(self.limit, (1 + step) / (10 + step))
        torch._foreach_lerp_(self.average, [p.detach() for p in self.live], 1 - decay)

    @torch.no_grad()
    def restart(self):
        """Begins anew from the weights as they are."""
        torch._foreach_copy_(self.average, [p.detach() for p in self.live])

    def state_dict(self):
        return {"average": self.average}

    @torch.no_grad()
    def load_state_dict(self, state):
        torch._foreach_copy_(self.average, [t.to(self.average[0]) for t in state["average"]])

    @torch.no_grad()
    def swap(self):
        """Exchanges weights and averages; a second call puts them back."""
        live = [p.detach().clone() for p in self.live]
        torch._foreach_copy_([p.detach() for p in self.live], self.average)
        torch._foreach_copy_(self.average, live)
