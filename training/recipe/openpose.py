# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenPose's drawing of 18 joints, as ControlNets for poses expect it."""

import numpy as np
import torch

# COCO's order, by the names of figure.joints().
NAMES = [
    "nose", "neck", "shoulder_r", "elbow_r", "wrist_r", "shoulder_l", "elbow_l", "wrist_l",
    "hip_r", "knee_r", "ankle_r", "hip_l", "knee_l", "ankle_l", "eye_r", "eye_l", "ear_r", "ear_l",
]  # fmt: skip
LIMBS = [
    (1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12),
    (12, 13), (1, 0), (0, 14), (14, 16), (0, 15), (15, 17),
]  # fmt: skip
# The colour wheel in steps of 20 degrees: limb i and joint i have colour i.
COLOURS = np.array([
    (255, 0, 0), (255, 85, 0), (255, 170, 0), (255, 255, 0), (170, 255, 0), (85, 255, 0),
    (0, 255, 0), (0, 255, 85), (0, 255, 170), (0, 255, 255), (0, 170, 255), (0, 85, 255),
    (0, 0, 255), (85, 0, 255), (170, 0, 255), (255, 0, 255), (255, 0, 170), (255, 0, 85),
], np.float32) / 255  # fmt: skip
LIMB_LIGHT = 0.6
SIZE = 256
WIDTH = 4.0  # half of a limb's, in pixels at 512


def flat_joints(at, camera):
    """[18, 3]: x, y from -1 to 1, and 1 where the joint is seen; a face turned away is not."""
    points = np.stack([at[name] for name in NAMES])
    flat = camera.project(points)
    seen = (np.abs(flat) < 1.05).all(-1).astype(np.float32)
    facing = at["nose"] - at["head"]
    toward = camera.eye - at["head"]
    sight = facing @ toward / np.linalg.norm(facing) / np.linalg.norm(toward)
    if sight < -0.1:
        seen[[0, 14, 15]] = 0
    side = (at["ear_l"] - at["ear_r"]) @ toward
    if side > 0.15:
        seen[16] = 0
    if side < -0.15:
        seen[17] = 0
    return np.concatenate([flat, seen[:, None]], 1).astype(np.float32)


def draw(joints, size=SIZE):
    """joints [n, 18, 3] -> [n, 3, size, size] in 0..1"""
    n, device = len(joints), joints.device
    line = (torch.arange(size, device=device) * 2 + 1) / size - 1
    at = torch.stack([line.expand(size, size), line[:, None].expand(size, size)], -1)
    width = WIDTH / 256  # in halves of the picture
    soft = 2 / size
    canvas = torch.zeros(n, 3, size, size, device=device)
    colours = torch.from_numpy(COLOURS).to(device)

    def paint(distance, colour, seen):
        cover = ((width - distance) / soft + 0.5).clamp(0, 1) * seen.view(-1, 1, 1)
        return torch.lerp(canvas, colour.view(1, 3, 1, 1), cover[:, None])

    for i, (a, b) in enumerate(LIMBS):
        start, end = joints[:, a, None, None, :2], joints[:, b, None, None, :2]
        along = end - start
        length = along.square().sum(-1, keepdim=True).clamp(min=1e-8)
        place = (((at - start) * along).sum(-1, keepdim=True) / length).clamp(0, 1)
        # OpenPose draws a limb as an ellipse: thin at its ends.
        thin = (1 - (2 * place[..., 0] - 1) ** 2).clamp(min=0).sqrt()
        distance = (at - start - place * along).norm(dim=-1) + width * (1 - thin)
        canvas = paint(distance, colours[i] * LIMB_LIGHT, joints[:, a, 2] * joints[:, b, 2])
    for i in range(18):
        distance = (at - joints[:, i, None, None, :2]).norm(dim=-1)
        canvas = paint(distance, colours[i], joints[:, i, 2])
    return canvas
