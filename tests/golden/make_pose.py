# SPDX-License-Identifier: GPL-3.0-or-later
"""One pose as the training of the starter model draws it: tests/golden/pose/."""

import json
import pathlib
import sys

import numpy as np
import torch
from PIL import Image

here = pathlib.Path(__file__).parent
sys.path.insert(0, str(here.parent.parent / "training"))
from recipe import openpose  # noqa: E402

SIZE = 96

random = np.random.default_rng(7)
joints = random.uniform(-0.8, 0.8, (18, 2)).astype(np.float32)
seen = np.ones((18, 1), np.float32)
seen[[4, 16]] = 0
drawn = openpose.draw(torch.from_numpy(np.concatenate([joints, seen], 1)[None]), SIZE)[0]
out = here / "pose"
out.mkdir(exist_ok=True)
Image.fromarray((drawn.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)).save(out / "pose.png")
# In pixels of a larger canvas, so that reading has something to scale.
points = np.concatenate([(joints + 1) / 2 * 128, seen], 1).round(6).astype(float)
file = {
    "canvas_width": 128,
    "canvas_height": 128,
    "people": [{"pose_keypoints_2d": points.flatten().tolist(), "hand_left_keypoints_2d": None}],
}
(out / "pose.json").write_text(json.dumps(file) + "\n")
