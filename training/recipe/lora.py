# SPDX-License-Identifier: GPL-3.0-or-later
"""Low-rank adapters (arXiv:2106.09685) on the UNet's linear layers and convolutions."""

import torch
from torch import nn


class LoraLayer(nn.Module):
    """A frozen layer and what its adapter adds: up(down(x)), nothing at first."""

    def __init__(self, layer, rank):
        super().__init__()
        self.layer = layer
        if isinstance(layer, nn.Linear):
            self.down = nn.Linear(layer.in_features, rank, bias=False)
            self.up = nn.Linear(rank, layer.out_features, bias=False)
        else:
            self.down = nn.Conv2d(
                layer.in_channels, rank, layer.kernel_size, layer.stride, layer.padding, bias=False
            )
            self.up = nn.Conv2d(rank, layer.out_channels, 1, bias=False)
        nn.init.kaiming_uniform_(self.down.weight, a=5**0.5)
        nn.init.zeros_(self.up.weight)
        self.on = True

    def forward(self, x, *_):
        return self.layer(x) + self.up(self.down(x)) if self.on else self.layer(x)


def adapt(unet, rank):
    """Puts adapters around all layers but the first and the last; returns {name: LoraLayer}"""
    found = {}
    for name, module in list(unet.named_modules()):
        if not isinstance(module, nn.Linear | nn.Conv2d) or name in ("conv_in", "conv_out"):
            continue
        parent = unet.get_submodule(name.rpartition(".")[0])
        found[name] = LoraLayer(module, rank)
        setattr(parent, name.rpartition(".")[2], found[name])
    return found


def switch(adapters, on):
    for layer in adapters.values():
        layer.on = on


def tensors(weights):
    """Weights of nn.ModuleDict({name with / for .: LoraLayer}) in diffusers' names."""
    found = {}
    for name, tensor in weights.items():
        layer, _, part = name.partition(".")
        if part.startswith(("down", "up")):
            matrix = "lora_A" if part.startswith("down") else "lora_B"
            found[f"unet.{layer.replace('/', '.')}.{matrix}.weight"] = tensor
    return found


def names_of(adapters):
    """The adapters as one module to train, without the layers that they adapt."""
    parts = nn.ModuleDict()
    for name, layer in adapters.items():
        key = name.replace(".", "/")
        parts[key] = nn.ModuleDict({"down": layer.down, "up": layer.up})
    return parts


def load(adapters, weights):
    names_of(adapters).load_state_dict({n: t for n, t in weights.items() if torch.is_tensor(t)})
