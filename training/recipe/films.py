# SPDX-License-Identifier: GPL-3.0-or-later
"""Short films with words for what moves: the camera over a composed scene, or a rendered figure."""

import math

import numpy as np
import torch

from recipe import compose, figure, renderer, scenes, state
from recipe.samples import Samples

# words, and what the camera does from the first frame to the last:
# (growth of what is seen, shift right, shift down, roll in degrees)
CAMERA = {
    "camera zooms in": (1.6, 0.0, 0.0, 0.0),
    "camera zooms out": (0.62, 0.0, 0.0, 0.0),
    "camera pans left": (1.0, -0.6, 0.0, 0.0),
    "camera pans right": (1.0, 0.6, 0.0, 0.0),
    "camera pans up": (1.0, 0.0, -0.6, 0.0),
    "camera pans down": (1.0, 0.0, 0.6, 0.0),
    "camera rolls left": (1.0, 0.0, 0.0, -35.0),
    "camera rolls right": (1.0, 0.0, 0.0, 35.0),
    "still": (1.0, 0.0, 0.0, 0.0),
}


def camera_path(rng, words, frames):
    """Affine maps from the picture to the scene, one a frame: [frames, 2, 3]

    A growth of 1.6 makes things 1.6 times as large; a pan to the right moves them to the left.
    """
    growth, right, down, roll = CAMERA[words]
    amount = float(rng.uniform(0.7, 1.1))
    maps = np.zeros((frames, 2, 3), np.float32)
    for i in range(frames):
        u = amount * (i / (frames - 1) - 0.5)
        scale, angle = growth**-u, math.radians(roll) * u
        c, s = scale * math.cos(angle), scale * math.sin(angle)
        maps[i] = [[c, -s, right * u], [s, c, down * u]]
    return maps


def under_camera(batch, maps):
    """A collated scene of one, seen by a camera on its way: a batch of len(maps) frames."""
    n = len(maps)
    film = {name: np.repeat(values, n, 0) for name, values in batch.items()}
    square = np.concatenate([maps, np.tile(np.float32([[[0, 0, 1]]]), (n, 1, 1))], 1)
    film["inverses"] = film["inverses"] @ square[:, None]
    film["cameras"] = maps
    return film


def figure_film(rng, frames):
    """A figure that moves: (Worlds, caption)"""
    words = str(rng.choice(list(figure.MOVES)))
    background = str(rng.choice(list(figure.colours.NAMES)))
    clothes = figure.Clothes(rng, background)
    backdrop = figure.colours.jitter(rng, background)
    camera, light = figure.draw_camera(rng), figure.draw_light(rng)
    yaw, start = float(rng.normal(0, 30)), float(rng.random())
    if words in ("walking", "running"):
        yaw += float(rng.choice([0, 50, -50, 85, -85]))
    cycles = {"turning around": 0.5, "jumping": 1.0}.get(words, float(rng.choice([1.0, 1.5, 2.0])))
    worlds = []
    for i in range(frames):
        pose = figure.MOVES[words](start + cycles * i / frames)
        world = renderer.World(camera, backdrop, light)
        figure.build(world, figure.joints(pose, yaw), clothes)
        worlds.append(world)
    wear = clothes.words() if rng.random() < 0.7 else ""
    parts = ["person", words, wear, f"on {background}"]
    return worlds, " ".join(part for part in parts if part)


class FilmSamples(Samples):
    """Blocks of one film each: latents [1, frames, 4, 32, 32] and tokens [1, positions]"""

    kind = "films"

    def __init__(self, config, *rest):
        super().__init__(config, *rest)
        self.fields = {
            "latents": ((config.frames, 4, 32, 32), np.float16),
            "tokens": ((config.positions,), np.int64),
        }

    def film(self, rng, words=None):
        """Frames [frames, 3, 256, 256] in 0..1 and the caption"""
        frames = self.config.frames
        if words is None and rng.random() < 0.35:
            worlds, caption = figure_film(rng, frames)
            return self.rendered(worlds)[0], caption
        scene = self.chooser.scene(rng)
        words = words or str(rng.choice(list(CAMERA)))
        maps = camera_path(rng, words, frames)
        pictures, _ = compose.render(under_camera(scenes.collate([scene]), maps), self.sprites)
        return pictures, f"{scene.caption}, {words}" if scene.caption else words

    @torch.inference_mode()
    def __call__(self, j):
        rng = state.numpy_rng(self.config.seed, self.kind, j)
        pictures, caption = self.film(rng)
        caption = "" if rng.random() < scenes.EMPTY else caption
        return {"latents": self.encode(pictures)[None], "tokens": self.tokens([caption])}
