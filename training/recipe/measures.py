# SPDX-License-Identifier: GPL-3.0-or-later
"""What a picture or a film shows, in numbers. Pictures are [n, 3, 256, 256] in 0..1."""

import numpy as np
import torch
import torch.nn.functional as F

from recipe import colours, films, scribble

REACH = 4  # pixels


def border_colour(pictures):
    """The median along the border: [n, 3]"""
    edge = torch.cat(
        [
            pictures[..., :6, :].flatten(2),
            pictures[..., -6:, :].flatten(2),
            pictures[..., :6].flatten(2),
            pictures[..., -6:].flatten(2),
        ],
        -1,
    )
    return edge.median(-1).values


def object_mask(pictures, distance=14.0):
    """Where a picture differs from its border's colour in L*a*b*: [n, 256, 256] bool"""
    lab = colours.to_lab(pictures.permute(0, 2, 3, 1).cpu().numpy())
    back = colours.to_lab(border_colour(pictures).cpu().numpy())[:, None, None]
    return torch.from_numpy(((lab - back) ** 2).sum(-1) > distance**2)


def overlap(a, b):
    """Intersection over union of masks [n, h, w]: [n]"""
    a, b = a.bool().cpu(), b.bool().cpu()
    return (a & b).sum((1, 2)) / (a | b).sum((1, 2)).clamp(min=1)


def line_followed(lines, pictures):
    """The share of drawn pixels within REACH pixels of an edge of the result: [n]

    lines: [n, 1, 256, 256] of 0 and 1
    """
    near = F.max_pool2d(scribble.edges(pictures), 2 * REACH + 1, 1, REACH)
    lines = lines.to(near)
    return (lines * near).sum((1, 2, 3)) / lines.sum((1, 2, 3)).clamp(min=1)


def background_named(pictures, names):
    """Whether the border has the colour of that name: [n] bool"""
    found = colours.nearest(border_colour(pictures).cpu().numpy())
    return torch.tensor([colours.NAMES[i] == name for i, name in zip(found, names, strict=True)])


def movement(film):
    """The camera movement that registers a film's frames best: a key of films.CAMERA.

    film: [frames, 3, 256, 256]. The middle frame is warped as each movement would have it at a
    quarter and at three quarters of the film, with several amounts, and compared.
    """
    frames = len(film)
    small = F.avg_pool2d(film, 4)
    middle, errors = small[frames // 2 : frames // 2 + 1], {}
    for words in films.CAMERA:
        for amount in (0.5, 0.75, 1.0) if words != "still" else (1.0,):
            errors[words, amount] = sum(
                _warp_error(middle, small[i : i + 1], words, amount, frames, i)
                for i in (frames // 4, frames - 1 - frames // 4)
            )
    return min(errors, key=errors.get)[0]


def _warp_error(middle, frame, words, amount, frames, i):
    """Mean error over what both frames show, plus a little for what they do not."""
    growth, right, down, roll = films.CAMERA[words]
    u = amount * (i - frames // 2) / (frames - 1)
    scale, angle = growth**-u, np.radians(roll) * u
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    at = torch.tensor([[[c, -s, right * u], [s, c, down * u]]], dtype=torch.float32)
    grid = F.affine_grid(at.to(middle), middle.shape, align_corners=False)
    warped = F.grid_sample(middle, grid, padding_mode="border", align_corners=False)
    return float((warped - frame).abs().mean())


def flicker(films_made):
    """Mean difference between neighbouring frames: films [n, frames, 3, h, w] -> float"""
    return float((films_made[:, 1:] - films_made[:, :-1]).abs().mean())
