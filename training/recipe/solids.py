# SPDX-License-Identifier: GPL-3.0-or-later
"""Balls, cubes, cylinders and cones on a ground, with captions of colour and place."""

import math

import numpy as np

from recipe import colours
from recipe.figure import draw_light
from recipe.renderer import Camera, World

KINDS = ["ball", "cube", "cylinder", "cone", "box", "pillar"]


def _place(world, kind, x, z, size, yaw, colour):
    foot, top = np.array([x, 0.0, z]), np.array([x, 2 * size, z])
    middle = (foot + top) / 2
    if kind == "ball":
        world.add("capsule", middle, middle, size, colour, gloss=0.5)
    elif kind == "cube":
        world.add("box", middle, (size,) * 3, 0, colour, yaw)
    elif kind == "box":
        middle = foot + [0, 0.6 * size, 0]
        world.add("box", middle, (1.3 * size, 0.6 * size, 0.9 * size), 0, colour, yaw)
    elif kind == "cylinder":
        world.add("cylinder", foot, top, 0.9 * size, colour, gloss=0.35)
    elif kind == "pillar":
        world.add("cylinder", foot, foot + [0, 3 * size, 0], 0.5 * size, colour, gloss=0.35)
    else:
        world.add("cone", foot, foot + [0, 2.2 * size, 0], size, colour)


def scene(rng):
    """One to three solids. Returns (World, caption)"""
    background = str(rng.choice(colours.NAMES))
    pitch, turn = rng.uniform(0.15, 0.6), rng.uniform(-0.2, 0.2)
    target = np.array([0.0, 0.45, 0.0])
    away = np.array([math.sin(turn), math.tan(pitch), math.cos(turn)])
    eye = target + 6 * away / np.linalg.norm(away)
    camera = Camera(eye, target, float(rng.uniform(0.18, 0.26)))
    world = World(camera, colours.jitter(rng, background), draw_light(rng))
    count = int(rng.choice([1, 2, 3], p=(0.4, 0.45, 0.15)))
    names = [n for n in colours.NAMES if n != background]
    placed, words = [], []
    for i in range(count):
        kind, colour = str(rng.choice(KINDS)), str(rng.choice(names))
        size = float(rng.uniform(0.45, 0.7) if count == 1 else rng.uniform(0.3, 0.42))
        x = (i - (count - 1) / 2) * 0.95 + float(rng.normal(0, 0.05))
        z = float(rng.uniform(-0.6, 0.6)) if count > 1 else 0.0
        _place(world, kind, x, z, size, float(rng.uniform(0, 1.57)), colours.jitter(rng, colour))
        placed.append(z)
        words.append(f"{colour} {kind}")
    text = " and ".join(words)
    if count == 2:
        draw = rng.random()
        if draw < 0.35:
            text = f"{words[0]} left of a {words[1]}"
        elif draw < 0.7:
            text = f"{words[1]} right of a {words[0]}"
        elif abs(placed[0] - placed[1]) > 0.5:
            front, back = (0, 1) if placed[0] > placed[1] else (1, 0)
            text = f"{words[front]} in front of a {words[back]}"
    return world, f"{text} on {background}"
