# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenCV's Canny edges of a picture: tests/golden/edges/. Needs opencv-python-headless."""

import pathlib

import cv2
import numpy as np

out = pathlib.Path(__file__).parent / "edges"
out.mkdir(exist_ok=True)
random = np.random.default_rng(3)
picture = cv2.resize(random.uniform(0, 255, (9, 11, 3)), (83, 67), interpolation=cv2.INTER_CUBIC)
cv2.circle(picture, (30, 30), 17, (30, 200, 90), -1)
cv2.rectangle(picture, (50, 10), (78, 55), (220, 40, 160), 2)
picture = np.clip(picture + random.normal(0, 8, picture.shape), 0, 255).astype(np.uint8)
cv2.imwrite(str(out / "picture.png"), picture)
# In the order of RGB, as preprocessors call it: of channels that tie the first one counts.
cv2.imwrite(str(out / "canny.png"), cv2.Canny(picture[:, :, ::-1].copy(), 100, 200))
