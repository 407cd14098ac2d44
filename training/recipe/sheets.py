# SPDX-License-Identifier: GPL-3.0-or-later
"""Contact sheets."""

import numpy as np
import torch
from PIL import Image, ImageDraw

CAPTION_HEIGHT = 14


def to_uint8(pictures):
    """[..., 3, h, w] in 0..1 -> [..., h, w, 3] uint8"""
    return (
        pictures.detach().float().clamp(0, 1).mul(255).round().byte().movedim(-3, -1).cpu().numpy()
    )


def save(path, rows, captions=None):
    """Writes a sheet. rows: [rows, columns, 3, h, w] in 0..1; captions: a list of lists of str"""
    cells = to_uint8(rows) if torch.is_tensor(rows) else np.asarray(rows)
    count, columns, height, width = cells.shape[:4]
    step = height + (CAPTION_HEIGHT if captions else 0)
    sheet = Image.new("RGB", (columns * width, count * step), "white")
    pen = ImageDraw.Draw(sheet)
    for i in range(count):
        for j in range(columns):
            sheet.paste(Image.fromarray(cells[i, j]), (j * width, i * step))
            if captions and captions[i] and captions[i][j]:
                text = captions[i][j][: width // 6]
                pen.text((j * width + 2, i * step + height + 1), text, fill=(0, 0, 0))
    sheet.save(path)
