# SPDX-License-Identifier: GPL-3.0-or-later
"""The packed material as tensors: pictures with transparency, their names and their colours."""

import io
import json
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from recipe import colours

SIZE = 256
STYLES = ("3d", "flat", "line")
HELD_OUT = 25  # one name in so many is kept from all training
# emojibase's groups, and how often they are drawn: flags and signs are many, and alike.
GROUP_WEIGHTS = {0: 1.0, 1: 0.5, 3: 2.0, 4: 2.0, 5: 1.5, 6: 1.5, 7: 1.5, 8: 0.35, 9: 0.12}
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="256" height="256">'
INK = ("currentColor", "#000000")


def is_held_out(code):
    """Whether training never sees the pictures of this code point sequence, in any style."""
    return zlib.crc32(code.encode()) % HELD_OUT == 0


def _rasterize(body):
    """What stands within an <svg> of 32x32 as a PNG of 256x256; currentColor is black."""
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=SVG + body.replace(*INK) + "</svg>"))


def _decode(data):
    """WebP or PNG bytes to premultiplied RGBA: [256, 256, 4] uint8"""
    rgba = np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"), np.uint16)
    alpha = rgba[..., 3:]
    return np.concatenate([(rgba[..., :3] * alpha + 127) // 255, alpha], -1).astype(np.uint8)


def _dominant(sprite):
    """The colour that stands for a picture, or None where it has many or none.

    sprite: [256, 256, 4] premultiplied uint8. Returns [3] in 0..1
    """
    pixels = sprite[::4, ::4].reshape(-1, 4).astype(np.float32) / 255
    pixels = pixels[pixels[:, 3] > 0.9][:, :3]
    if len(pixels) < 50:
        return None
    vivid = pixels[colours.chroma(pixels) > 0.25]
    if len(vivid) < 0.55 * len(pixels):
        return None
    hues = vivid - vivid.mean(1, keepdims=True)
    hues /= np.linalg.norm(hues, axis=1, keepdims=True)
    mean = hues.mean(0)
    if np.linalg.norm(mean) < 0.85:
        return None
    return np.median(vivid, 0)


class Material:
    """Every picture in one array, in the order of `rows`.

    sprites  [n, 256, 256, 4] uint8, premultiplied, mapped from a file beside the archive
    rows     [{"code", "label", "tags", "group", "style", "colour"}]; colour: [3] or None
    """

    def __init__(self, archive):
        archive = Path(archive)
        with zipfile.ZipFile(archive) as file:
            captions = json.loads(file.read("captions.json"))
            self.rows = [
                {**entry, "style": style}
                for entry in captions
                for style in STYLES
                if style in entry["styles"]
            ]
            cache = archive.with_suffix(".sprites.npy")
            if not cache.exists() or cache.stat().st_mtime < archive.stat().st_mtime:
                self._unpack(file, cache)
        self.sprites = np.load(cache, mmap_mode="r")
        found = json.loads(cache.with_suffix(".json").read_text())
        for row, colour in zip(self.rows, found, strict=True):
            row["colour"] = None if colour is None else np.array(colour, np.float32)
        self.by_code = {}
        for i, row in enumerate(self.rows):
            self.by_code.setdefault(row["code"], {})[row["style"]] = i

    def _unpack(self, file, cache):
        bodies = json.loads(file.read("svg.json"))
        data = [
            file.read(f"3d/{row['code']}.webp")
            if row["style"] == "3d"
            else bodies[row["style"]][row["code"]]
            for row in self.rows
        ]
        temporary = cache.with_suffix(".tmp.npy")
        sprites = np.lib.format.open_memmap(temporary, "w+", np.uint8, (len(data), SIZE, SIZE, 4))

        def unpack_one(i):
            picture = data[i] if isinstance(data[i], bytes) else _rasterize(data[i])
            sprites[i] = _decode(picture)
            colour = _dominant(sprites[i])
            return None if colour is None else [round(float(c), 4) for c in colour]

        with ThreadPoolExecutor() as pool:
            found = list(pool.map(unpack_one, range(len(data))))
        cache.with_suffix(".json").write_text(json.dumps(found))
        sprites.flush()
        temporary.rename(cache)

    def codes(self, held_out, style="3d"):
        """Code points with a picture in `style`: those kept from training, or the others."""
        return [
            code
            for code, styles in self.by_code.items()
            if style in styles and is_held_out(code) == held_out
        ]

    def weights(self, codes):
        """How likely each of `codes` is to be drawn; sums to 1."""
        row_of = [self.rows[next(iter(self.by_code[code].values()))] for code in codes]
        weights = np.array([GROUP_WEIGHTS.get(row["group"], 0.5) for row in row_of])
        return weights / weights.sum()
