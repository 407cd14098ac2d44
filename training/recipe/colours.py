# SPDX-License-Identifier: GPL-3.0-or-later
"""Colours that captions name, and the matrices that give an object another one."""

import math

import numpy as np

# name: sRGB of its middle, 0 to 255
COLOURS = {
    "red": (214, 40, 40),
    "orange": (245, 130, 32),
    "yellow": (250, 210, 50),
    "lime": (165, 215, 60),
    "green": (50, 160, 70),
    "turquoise": (50, 190, 180),
    "sky": (125, 190, 240),
    "blue": (45, 95, 210),
    "navy": (30, 45, 100),
    "purple": (130, 65, 180),
    "pink": (245, 140, 185),
    "brown": (130, 80, 45),
    "beige": (232, 215, 180),
    "white": (245, 245, 245),
    "grey": (135, 138, 142),
    "black": (28, 28, 32),
}
NAMES = list(COLOURS)
RGB = np.array([COLOURS[name] for name in NAMES], np.float32) / 255
# What an object can be recoloured to: hues alone, whose shading survives the turn.
OBJECT_NAMES = ["red", "orange", "yellow", "green", "turquoise", "blue", "purple", "pink"]

LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def to_lab(rgb):
    """CIE L*a*b* of sRGB. rgb: [..., 3] in 0..1"""
    rgb = np.asarray(rgb, np.float32)
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], np.float32
    )
    xyz = linear @ to_xyz.T / np.array([0.9505, 1.0, 1.089], np.float32)
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


LAB = to_lab(RGB)


def nearest(rgb):
    """Index into NAMES of the colour nearest in L*a*b*. rgb: [..., 3] in 0..1"""
    lab = to_lab(rgb)[..., None, :]
    return np.argmin(((lab - LAB) ** 2).sum(-1), -1)


def chroma(rgb):
    """Saturation as the spread of the channels. rgb: [..., 3]"""
    return rgb.max(-1) - rgb.min(-1)


def jitter(rng, name, amount=0.05):
    """A colour near the one named, that is still nearest to that name. Returns [3] in 0..1"""
    index = NAMES.index(name)
    for _ in range(8):
        rgb = np.clip(RGB[index] + rng.normal(0, amount, 3).astype(np.float32), 0, 1)
        if nearest(rgb) == index:
            return rgb
    return RGB[index]


def recolour_matrix(source, target):
    """A matrix and an offset that carry the colour `source` into `target` and keep greys grey.

    Colour differences (I, Q of YIQ) are rotated and scaled; luma is scaled within bounds, so that
    shading and highlights stay. source, target: [3] in 0..1. Returns [3, 4] for (r, g, b, 1).
    """
    to_yiq = np.array(
        [[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]], np.float64
    )
    a, b = to_yiq @ source, to_yiq @ target
    angle = math.atan2(b[2], b[1]) - math.atan2(a[2], a[1])
    gain = min(max(math.hypot(*b[1:]) / max(math.hypot(*a[1:]), 0.05), 0.3), 2.0)
    luma = min(max(b[0] / max(a[0], 0.1), 0.55), 1.5)
    c, s = gain * math.cos(angle), gain * math.sin(angle)
    turn = np.array([[luma, 0, 0], [0, c, -s], [0, s, c]])
    matrix = np.linalg.inv(to_yiq) @ turn @ to_yiq
    return np.concatenate([matrix, np.zeros((3, 1))], 1).astype(np.float32)


IDENTITY = np.eye(3, 4, dtype=np.float32)
