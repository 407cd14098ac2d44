# SPDX-License-Identifier: GPL-3.0-or-later
"""A jointed figure in clothes of named colours, its poses, and its movements in time."""

import math

import numpy as np

from recipe import colours
from recipe.renderer import Camera, World

# Lengths in metres of a figure 1.7 high with a large head.
HIP_HEIGHT, SPINE, NECK, HEAD = 0.82, 0.50, 0.10, 0.17
SHOULDER, HIP = 0.20, 0.10
UPPER_ARM, LOWER_ARM, THIGH, SHIN = 0.27, 0.25, 0.39, 0.39
SKIN = [(1.0, 0.80, 0.28), (0.98, 0.83, 0.70), (0.80, 0.58, 0.42), (0.52, 0.35, 0.25)]
HAIR = [(0.16, 0.12, 0.10), (0.40, 0.24, 0.13), (0.90, 0.72, 0.35), (0.75, 0.30, 0.15)]

# Angles in degrees. A limb hangs down at 0; "swing" lifts it forward, "spread" outwards; "bend" is
# of the elbow (forward) or the knee (backward). Left and right are the figure's own.
REST = {
    "swing_l": 0, "swing_r": 0, "spread_l": 12, "spread_r": 12, "elbow_l": 12, "elbow_r": 12,
    "leg_l": 0, "leg_r": 0, "legs_l": 5, "legs_r": 5, "knee_l": 3, "knee_r": 3,
    "lean": 0, "tilt": 0, "lift": 0.0,
}  # fmt: skip

POSES = {
    "standing": {},
    "with arms up": {"spread_l": 160, "spread_r": 160},
    "with arms out": {"spread_l": 88, "spread_r": 88, "elbow_l": 2, "elbow_r": 2},
    "with hands on hips": {"spread_l": 48, "spread_r": 48, "elbow_l": -95, "elbow_r": -95},
    "sitting": {"leg_l": 88, "leg_r": 88, "knee_l": 88, "knee_r": 88, "swing_l": 30, "swing_r": 30,
                "lift": -0.38},
    "pointing left": {"spread_l": 88, "elbow_l": 0},
    "pointing right": {"spread_r": 88, "elbow_r": 0},
    "kneeling": {"leg_l": 85, "knee_l": 88, "leg_r": 0, "knee_r": 90, "lift": -0.39},
    "bowing": {"lean": 50, "swing_l": 20, "swing_r": 20},
    "dancing": {"spread_l": 140, "spread_r": 60, "elbow_l": 40, "elbow_r": 60, "legs_l": 30,
                "knee_r": 20, "tilt": 10},
}  # fmt: skip


def walking(phase):
    s = math.sin(2 * math.pi * phase)
    return {
        "leg_l": 30 * s, "leg_r": -30 * s, "knee_l": 22 - 22 * math.cos(2 * math.pi * phase + 1.2),
        "knee_r": 22 + 22 * math.cos(2 * math.pi * phase + 1.2), "swing_l": -32 * s,
        "swing_r": 32 * s, "elbow_l": 25, "elbow_r": 25, "lift": 0.02 * abs(s) - 0.03,
    }  # fmt: skip


def running(phase):
    pose = {name: 1.6 * angle for name, angle in walking(phase).items() if name != "lift"}
    pose.update(elbow_l=85, elbow_r=85, lean=12, lift=0.04 * abs(math.sin(2 * math.pi * phase)))
    return pose


def waving(phase):
    return {"spread_r": 135 + 6 * math.sin(4 * math.pi * phase),
            "elbow_r": -20 - 35 * math.sin(4 * math.pi * phase)}  # fmt: skip


def jumping(phase):
    up = max(0.0, math.sin(2 * math.pi * phase))
    crouch = max(0.0, -math.sin(2 * math.pi * phase))
    return {
        "lift": 0.28 * up - 0.14 * crouch, "leg_l": 38 * crouch, "leg_r": 38 * crouch,
        "knee_l": 70 * crouch, "knee_r": 70 * crouch, "spread_l": 15 + 130 * up,
        "spread_r": 15 + 130 * up, "legs_l": 6 + 14 * up, "legs_r": 6 + 14 * up,
    }  # fmt: skip


def turning(phase):
    return {"yaw": 360 * phase}


MOVES = {
    "walking": walking, "running": running, "waving": waving, "jumping": jumping,
    "turning around": turning,
}  # fmt: skip


def _rotation(axis, degrees):
    a = math.radians(degrees)
    c, s = math.cos(a), math.sin(a)
    i, j = [(1, 2), (2, 0), (0, 1)][axis]
    matrix = np.eye(3)
    matrix[i, i], matrix[i, j], matrix[j, i], matrix[j, j] = c, -s, s, c
    return matrix


DOWN = np.array([0.0, -1.0, 0.0])


def _limb(root, body, swing, spread, upper, lower, bend, backward):
    """Middle and end joint of an arm or a leg; `spread` is positive towards +x."""
    frame = body @ _rotation(2, spread) @ _rotation(0, -swing)
    middle = root + frame @ DOWN * upper
    # An arm that hangs bends forward; one that is spread bends upwards in its own plane.
    bend_axis = _rotation(0, bend if backward else -bend)
    if not backward and abs(spread) > 40:
        bend_axis = _rotation(2, math.copysign(bend, spread) if spread else bend)
    end = middle + frame @ bend_axis @ DOWN * lower
    return middle, end


def joints(pose, yaw=0.0):
    """Places of the joints for a pose: {name: [3]}; the figure's left is +x when it faces us."""
    p = {**REST, **pose}
    body = _rotation(1, yaw + p.get("yaw", 0.0))
    hip = np.array([0.0, HIP_HEIGHT + p["lift"], 0.0])
    trunk = body @ _rotation(0, p["lean"]) @ _rotation(2, p["tilt"])
    neck = hip + trunk @ np.array([0.0, SPINE, 0.0])
    head = neck + trunk @ np.array([0.0, NECK + HEAD * 0.8, 0.02])
    found = {"hip": hip, "neck": neck, "head": head}
    for side, sign in (("l", 1), ("r", -1)):
        shoulder = neck + trunk @ np.array([sign * SHOULDER, -0.03, 0.0])
        elbow, wrist = _limb(
            shoulder, trunk, p[f"swing_{side}"], sign * p[f"spread_{side}"], UPPER_ARM, LOWER_ARM,
            p[f"elbow_{side}"], False,
        )  # fmt: skip
        pelvis = hip + body @ np.array([sign * HIP, -0.02, 0.0])
        knee, ankle = _limb(
            pelvis, body, p[f"leg_{side}"], sign * p[f"legs_{side}"], THIGH, SHIN,
            p[f"knee_{side}"], True,
        )  # fmt: skip
        found |= {
            f"shoulder_{side}": shoulder, f"elbow_{side}": elbow, f"wrist_{side}": wrist,
            f"hip_{side}": pelvis, f"knee_{side}": knee, f"ankle_{side}": ankle,
            f"eye_{side}": head + trunk @ np.array([sign * 0.065, 0.02, HEAD * 0.90]),
            f"ear_{side}": head + trunk @ np.array([sign * HEAD * 0.97, 0.0, 0.0]),
        }  # fmt: skip
    found["nose"] = head + trunk @ np.array([0.0, -0.03, HEAD * 1.0])
    found["crown"] = head + trunk @ np.array([0.0, 0.06, -0.05])
    found["toward"] = body @ np.array([0.0, 0.0, 1.0])
    return found


class Clothes:
    """Colours of a figure, drawn once and kept through a film."""

    def __init__(self, rng, background):
        names = [n for n in colours.NAMES if n not in (background, "beige")]
        self.shirt, self.trousers = (str(n) for n in rng.choice(names, 2, replace=False))
        self.skin = np.array(SKIN[rng.integers(len(SKIN))])
        self.hair = np.array(HAIR[rng.integers(len(HAIR))])
        self.shirt_rgb = colours.jitter(rng, self.shirt, 0.03)
        self.trousers_rgb = colours.jitter(rng, self.trousers, 0.03)
        self.shoes = np.array([0.2, 0.2, 0.22]) if rng.random() < 0.6 else np.array([0.9] * 3)

    def words(self):
        return f"in a {self.shirt} shirt and {self.trousers} trousers"


def build(world, at, clothes):
    """Adds the figure with the joints `at` to `world`."""

    def tube(a, b, radius, colour, gloss=0.15):
        world.add("capsule", a, b, radius, colour, gloss=gloss)

    for side in "lr":
        shoulder, hip = at[f"shoulder_{side}"], at[f"hip_{side}"]
        inner = 0.75 * shoulder + 0.25 * at["neck"]
        tube(inner + 0.04 * DOWN, hip + 0.08 * -DOWN, 0.105, clothes.shirt_rgb)
        tube(shoulder, at[f"elbow_{side}"], 0.062, clothes.shirt_rgb)
        tube(at[f"elbow_{side}"], at[f"wrist_{side}"], 0.050, clothes.skin)
        tube(at[f"wrist_{side}"], at[f"wrist_{side}"], 0.066, clothes.skin)
        tube(hip, at[f"knee_{side}"], 0.090, clothes.trousers_rgb)
        tube(at[f"knee_{side}"], at[f"ankle_{side}"], 0.072, clothes.trousers_rgb)
        toe = at[f"ankle_{side}"] + 0.10 * at["toward"] + 0.02 * DOWN
        tube(at[f"ankle_{side}"] + 0.01 * DOWN, toe, 0.070, clothes.shoes, 0.4)
        tube(at[f"eye_{side}"], at[f"eye_{side}"], 0.026, (0.12, 0.10, 0.12), 0.6)
        tube(at[f"ear_{side}"], at[f"ear_{side}"], 0.035, clothes.skin)
    chest, belly = (s * at["neck"] + (1 - s) * at["hip"] for s in (0.8, 0.18))
    tube(chest, belly, 0.12, clothes.shirt_rgb)
    tube(at["hip_l"], at["hip_r"], 0.100, clothes.trousers_rgb)
    tube(at["neck"], at["head"], 0.055, clothes.skin)
    tube(at["head"], at["head"], HEAD, clothes.skin)
    tube(at["nose"], at["nose"], 0.026, clothes.skin)
    tube(at["crown"], at["crown"], HEAD * 1.0, clothes.hair)


def draw_pose(rng):
    """A pose with its words: (angles, words)"""
    draw = rng.random()
    if draw < 0.45:
        words = str(rng.choice(list(POSES)))
        pose = dict(POSES[words])
    elif draw < 0.75:
        words = str(rng.choice([name for name in MOVES if name != "turning around"]))
        pose = MOVES[words](float(rng.random()))
    else:
        words = ""
        pose = {
            "spread_l": rng.uniform(5, 165), "spread_r": rng.uniform(5, 165),
            "elbow_l": rng.uniform(-100, 100), "elbow_r": rng.uniform(-100, 100),
            "leg_l": rng.uniform(-25, 60), "leg_r": rng.uniform(-25, 60),
            "legs_l": rng.uniform(0, 35), "legs_r": rng.uniform(0, 35),
            "knee_l": rng.uniform(0, 70), "knee_r": rng.uniform(0, 70),
            "lean": rng.normal(0, 8), "tilt": rng.normal(0, 8),
        }  # fmt: skip
    for name in ("spread_l", "spread_r", "elbow_l", "elbow_r", "leg_l", "leg_r"):
        pose[name] = pose.get(name, REST[name]) + float(rng.normal(0, 5))
    return pose, words


def draw_camera(rng):
    """A camera before the figure, that sees all of it."""
    height, turn = rng.uniform(0.6, 1.6), rng.normal(0, 0.12)
    distance = 5.0
    eye = np.array([distance * math.sin(turn), height, distance * math.cos(turn)])
    target = np.array([rng.uniform(-0.25, 0.25), rng.uniform(0.78, 0.98), 0.0])
    return Camera(eye, target, float(rng.uniform(0.20, 0.26)))


def draw_light(rng):
    return np.array([rng.uniform(-0.8, 0.8), rng.uniform(0.9, 1.4), rng.uniform(0.4, 1.0)])


def draw_yaw(rng):
    return float(rng.normal(0, 25) if rng.random() < 0.8 else rng.uniform(-180, 180))


def scene(rng):
    """A figure in a pose. Returns (World, caption, joints {name: [3]})"""
    background = str(rng.choice(colours.NAMES))
    clothes = Clothes(rng, background)
    pose, words = draw_pose(rng)
    at = joints(pose, draw_yaw(rng))
    world = World(draw_camera(rng), colours.jitter(rng, background), draw_light(rng))
    build(world, at, clothes)
    parts = ["person", words, clothes.words() if rng.random() < 0.8 else "", f"on {background}"]
    return world, " ".join(part for part in parts if part), at
