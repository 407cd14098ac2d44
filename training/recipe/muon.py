# SPDX-License-Identifier: GPL-3.0-or-later
"""Muon: momentum whose matrices are made orthogonal, so that every direction is learned alike.

Keller Jordan, "Muon: an optimizer for hidden layers in neural networks", 2024; scaled as in
arXiv:2502.16982, so that a step is as long as one of Adam's and takes Adam's learning rate.
A convolution's weight [out, in, h, w] counts as the matrix [out, in h w].
"""

import torch

NOT_HIDDEN = ("embedding", "conv_in", "conv_out", "controlnet_")
MOMENTUM = 0.95
NEWTON_SCHULZ = ((3.4445, -4.7750, 2.0315),) * 5
RMS = 0.2  # of Adam's steps


def orthogonal(matrices):
    """The nearest orthogonal matrices, roughly: [n, rows, columns], rows <= columns, bf16"""
    x = matrices / (matrices.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for a, b, c in NEWTON_SCHULZ:
        square = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(square, square, square, beta=b, alpha=c), x, beta=a)
    return x


class Muon(torch.optim.Optimizer):
    """For weights of two dimensions and more that are neither embeddings nor the first or last."""

    def __init__(self, params, lr, weight_decay=0.01):
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            shapes = {}
            for p in group["params"]:
                if p.grad is not None:
                    shapes.setdefault(p.shape, []).append(p)
            for same in shapes.values():
                self._step_alike(same, group["lr"], group["weight_decay"])

    def _step_alike(self, params, rate, decay):
        """One step of parameters of one shape, as a batch."""
        for p in params:
            state = self.state[p]
            if "momentum" not in state:
                state["momentum"] = torch.zeros_like(p)
            state["momentum"].lerp_(p.grad, 1 - MOMENTUM)
        matrices = torch.stack(
            [p.grad.lerp(self.state[p]["momentum"], MOMENTUM).flatten(1) for p in params]
        ).bfloat16()
        tall = matrices.shape[1] > matrices.shape[2]
        steps = orthogonal(matrices.mT if tall else matrices)
        steps = (steps.mT if tall else steps).float()
        length = rate * RMS * max(matrices.shape[1:]) ** 0.5
        for p, step in zip(params, steps, strict=True):
            p.mul_(1 - rate * decay).sub_(step.view(p.shape), alpha=length)


def optimizers(modules, rate, muon_rate=None):
    """What trains {name: module}: AdamW, and Muon for the hidden weights where it has a rate."""
    named = [(name, p) for m in modules.values() for name, p in m.named_parameters()]
    named = [(name, p) for name, p in named if p.requires_grad]
    hidden = [
        p
        for name, p in named
        if muon_rate and p.dim() > 1 and not any(part in name for part in NOT_HIDDEN)
    ]
    taken = {id(p) for p in hidden}
    others = [p for _, p in named if id(p) not in taken]
    adam = torch.optim.AdamW(
        [
            {"params": [p for p in others if p.dim() > 1], "weight_decay": 0.01},
            {"params": [p for p in others if p.dim() <= 1], "weight_decay": 0.0},
        ],
        lr=rate,
        betas=(0.9, 0.99),
        fused=True,
    )
    return [adam, Muon(hidden, muon_rate)] if hidden else [adam]
