# SPDX-License-Identifier: GPL-3.0-or-later
"""Random weights that leave no parameter trivial, and files in the order that Limn reads."""

import json
import math
import pathlib

import torch
from safetensors.torch import save_file

ZERO_CONVS = ("controlnet_down_blocks", "controlnet_mid_block",
              "controlnet_cond_embedding.conv_out")


def generator(seed):
    return torch.Generator().manual_seed(seed)


def randn(seed, *shape):
    return torch.randn(shape, generator=generator(seed))


def rand(seed, *shape):
    return torch.rand(shape, generator=generator(seed))


def nhwc(x):
    """[n, c, h, w] to [n, h, w, c]"""
    return x.permute(0, 2, 3, 1)


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nmse(found, wanted):
    """Normalised mean squared error in double: 0 is equal, 1 is as bad as answering with zeros."""
    found, wanted = found.double(), wanted.double()
    return float(((found - wanted) ** 2).sum() / (wanted**2).sum())


def build(make, seed, gains=None, rounding=torch.float16):
    """make() with the default initialisation under a seed, then: norm weights 1 + 0.2 n, biases
    0.1 n, zero convolutions and embeddings anew, other weights scaled to keep the variance, all
    times the gain of the first prefix in @gains that fits, all rounded to @rounding."""
    torch.manual_seed(seed)
    model = make().eval().requires_grad_(False)
    noise = generator(seed + 1)
    for name, p in model.named_parameters():
        n = torch.randn(p.shape, generator=noise)
        if name.endswith("bias"):
            p.copy_(0.1 * n)
        elif p.ndim == 1:
            p.copy_(1 + 0.2 * n)
        elif name.startswith(ZERO_CONVS):
            p.copy_(n * 0.5 / math.sqrt(p[0].numel()))
        elif "embedding.weight" in name:
            p.copy_(0.7 * n)
        else:
            p.mul_(math.sqrt(3))
        for prefix, gain in (gains or {}).items():
            if name.startswith(prefix):
                p.mul_(gain)
                break
        p.copy_(p.to(rounding).float())
    return model


def save(path, tensors, dtype=None):
    """Every tensor contiguous; floats as @dtype (F32 when None), integers as I32."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)

    def convert(x):
        x = torch.as_tensor(x)
        if x.is_floating_point():
            return x.detach().to(dtype or torch.float32).contiguous().clone()
        return x.to(torch.int32).contiguous().clone()

    save_file({name: convert(x) for name, x in tensors.items()}, str(path))
    path.chmod(0o644)


def write_json(path, value):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=True) + "\n")


def save_diffusers(folder, model, dtype):
    """A part in diffusers' layout: config.json and diffusion_pytorch_model.safetensors."""
    config = json.loads(model.to_json_string())
    config.pop("_name_or_path", None)
    write_json(folder / "config.json", config)
    save(folder / "diffusion_pytorch_model.safetensors", model.state_dict(), dtype)


class Tap:
    """Keeps what some modules of @model answer: {name: module} -> self.seen[name]."""

    def __init__(self, modules):
        self.seen = {}
        self.handles = [
            module.register_forward_hook(self.keep(name)) for name, module in modules.items()
        ]

    def keep(self, name):
        def hook(module, inputs, output):
            self.seen[name] = (output[0] if isinstance(output, tuple) else output).clone()

        return hook

    def __enter__(self):
        return self.seen

    def __exit__(self, *unused):
        for handle in self.handles:
            handle.remove()
