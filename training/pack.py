# SPDX-License-Identifier: GPL-3.0-or-later
"""Packs the fetched material into one small archive.

    python pack.py --material out/material --out out/material.zip

    captions.json        [{"code", "label", "tags", "group", "styles"}], sorted by code
    3d/CODE.webp         RGBA 256x256
    svg.json             {"flat": {code: what stands within <svg>}, "line": likewise}, 32x32

Everything that training needs of the material is in it, so that it can travel to a machine without
a network.
"""

import argparse
import io
import json
import zipfile
from pathlib import Path

from PIL import Image

SIZE = 256
SKIP_GROUPS = {2}  # skin tones and hair alone
WEBP = {"quality": 78, "alpha_quality": 80, "method": 6}


def spellings(code):
    """The ways a code point sequence is spelled in file names: with and without fe0f."""
    code = code.lower()
    bare = code.replace("-fe0f", "")
    return [code, bare, bare + "-fe0f"]


def find(table, code):
    """What `table` holds under any spelling of `code`, or None."""
    return next((table[s] for s in spellings(code) if s in table), None)


def read_icons(folder):
    """An Iconify folder as {code: body of an SVG}."""
    icons = json.loads((folder / "icons.json").read_text())["icons"]
    chars = json.loads((folder / "chars.json").read_text())
    return {code: icons[name]["body"] for code, name in chars.items() if name in icons}


def encode(picture):
    """Bytes of a WebP file."""
    if picture.size != (SIZE, SIZE):
        picture = picture.resize((SIZE, SIZE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", **WEBP)
    return buffer.getvalue()


def pack(material, out):
    """Writes the archive; returns the number of pictures by style."""
    captions, bodies = [], {"flat": {}, "line": {}}
    solid = {path.stem: path for path in (material / "3d/assets").glob("*.webp")}
    sources = {style: read_icons(material / style) for style in bodies}
    entries = json.loads((material / "emojibase/en/data.json").read_text())
    with zipfile.ZipFile(out, "w") as archive:
        for entry in sorted(entries, key=lambda e: e["hexcode"]):
            if entry.get("group") in SKIP_GROUPS:
                continue
            code, styles = entry["hexcode"].lower(), []
            path = find(solid, code)
            if path:
                archive.writestr(f"3d/{code}.webp", encode(Image.open(path).convert("RGBA")))
                styles.append("3d")
            for style, icons in sources.items():
                body = find(icons, code)
                if body:
                    bodies[style][code] = body
                    styles.append(style)
            if styles:
                caption = {"code": code, "label": entry["label"], "tags": entry.get("tags", [])}
                captions.append(caption | {"group": entry.get("group", 8), "styles": styles})
        for name, content in (("captions.json", captions), ("svg.json", bodies)):
            text = json.dumps(content, ensure_ascii=False)
            archive.writestr(name, text, zipfile.ZIP_LZMA)
    return {style: sum(style in c["styles"] for c in captions) for style in ("3d", *bodies)}


def main():
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--material", type=Path, default=here / "out/material")
    parser.add_argument("--out", type=Path, default=here / "out/material.zip")
    options = parser.parse_args()
    counts = pack(options.material, options.out)
    size = options.out.stat().st_size / 2**20
    print(", ".join(f"{n} {style}" for style, n in counts.items()), f"{size:.1f} MiB")


if __name__ == "__main__":
    main()
