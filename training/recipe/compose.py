# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes to pixels, a batch at a time, on whatever device trains."""

import numpy as np
import torch
import torch.nn.functional as F

from recipe.scenes import GRADIENT, HORIZON, RADIAL

SIZE = 256


class Sprites:
    """The material's pictures where they are wanted: on a GPU all of them, else as needed.

    With a `size` that divides 256 they are kept, and scenes rendered, at that size.
    """

    def __init__(self, material, device, size=SIZE):
        self.device, self.size = torch.device(device), size
        self.all = material.sprites if size == SIZE else shrunk(material.sprites, size)
        if self.device.type == "cuda":
            self.all = torch.from_numpy(np.array(self.all)).to(self.device)

    def gather(self, rows):
        """Premultiplied pictures in 0..1. rows: [n] numpy. Returns [n, 4, size, size] f32"""
        if self.device.type == "cuda":
            chosen = self.all[torch.from_numpy(rows).to(self.device)]
        else:
            chosen = torch.from_numpy(np.stack([self.all[row] for row in rows]))
        return chosen.permute(0, 3, 1, 2).float() / 255


def shrunk(sprites, size):
    """[n, 256, 256, 4] uint8 -> [n, size, size, 4]"""
    small = np.empty((len(sprites), size, size, 4), np.uint8)
    for i in range(0, len(sprites), 64):
        part = torch.from_numpy(np.array(sprites[i : i + 64])).permute(0, 3, 1, 2).float()
        small[i : i + 64] = F.avg_pool2d(part, SIZE // size).round().byte().permute(0, 2, 3, 1)
    return small


def grid(device, size=SIZE):
    """Coordinates of the middles of pixels, -1 to 1, y downwards: x, y [size, size]"""
    line = (torch.arange(size, device=device) * 2 + 1) / size - 1
    return line.expand(size, size), line[:, None].expand(size, size)


def background(batch, device, size=SIZE):
    """Backgrounds alone: [b, 3, size, size]"""
    x, y = grid(device, size)
    if "cameras" in batch:
        at = torch.stack([x, y, torch.ones_like(x)], -1)
        moved = torch.einsum("boc,hwc->bohw", torch.from_numpy(batch["cameras"]).to(device), at)
        x, y = moved.unbind(1)
    kinds = torch.from_numpy(batch["kinds"]).to(device).view(-1, 1, 1)
    levels = torch.from_numpy(batch["levels"]).to(device).view(-1, 1, 1)
    ends = torch.from_numpy(batch["colours"]).to(device)
    along = (x * levels.cos() + y * levels.sin()) / 2 + 0.5
    middle = 1 - (x.square() + y.square()) / 2
    horizon = ((y - levels) * size / 4 + 0.5).clamp(0, 1)
    mix = torch.where(kinds == RADIAL, middle, torch.zeros_like(middle))
    mix = torch.where(kinds == GRADIENT, along, mix)
    mix = torch.where(kinds == HORIZON, horizon, mix).clamp(0, 1)[:, None]
    return torch.lerp(ends[:, 0, :, None, None], ends[:, 1, :, None, None], mix)


def render(batch, sprites):
    """A collated batch (scenes.collate) as pictures.

    Returns pictures [b, 3, size, size] in 0..1 and, for each place, its alpha [b, k, size, size];
    `size` is that of the sprites.
    """
    device, size = sprites.device, sprites.size
    picture = background(batch, device, size)
    b, k = batch["rows"].shape
    alphas = torch.zeros(b, k, size, size, device=device)
    for j in range(k):
        used = np.flatnonzero(batch["rows"][:, j] >= 0)
        if len(used) == 0:
            continue
        layer = _lay(sprites.gather(batch["rows"][used, j]), batch["inverses"][used, j])
        matrix = torch.from_numpy(batch["matrices"][used, j]).to(device)
        colour = torch.einsum("noc,nchw->nohw", matrix, layer).clamp(min=0)
        alpha = layer[:, 3:]
        index = torch.from_numpy(used).to(device)
        picture[index] = picture[index] * (1 - alpha) + torch.minimum(colour, alpha)
        alphas[index, j] = alpha[:, 0]
    return picture, alphas


def _lay(layer, inverse):
    """Pictures under affine maps from the scene: layer [n, 4, size, size], inverse [n, 2, 3] numpy.

    Where a picture shrinks below two thirds it is halved first, so that no pixel is skipped. What
    is chosen is known without asking the device, which may be busy.
    """
    small = np.abs(np.linalg.det(inverse[:, :, :2])) > 1.5**2
    out = torch.empty_like(layer)
    for chosen, pool in ((np.flatnonzero(~small), 1), (np.flatnonzero(small), 2)):
        if len(chosen) == 0:
            continue
        index = torch.from_numpy(chosen).to(layer.device)
        part = F.avg_pool2d(layer[index], pool) if pool > 1 else layer[index]
        maps = torch.from_numpy(inverse[chosen]).to(layer.device)
        at = F.affine_grid(maps, (len(part), *layer.shape[1:]), align_corners=False)
        out[index] = F.grid_sample(part, at, align_corners=False)
    return out
