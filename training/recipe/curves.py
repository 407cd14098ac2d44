# SPDX-License-Identifier: GPL-3.0-or-later
"""Curves of a training: a CSV that a resumed run continues, and its picture."""

import csv
from pathlib import Path

from PIL import Image, ImageDraw

INK = [(200, 60, 50), (50, 100, 200), (60, 150, 70), (170, 110, 30), (130, 70, 170), (90, 90, 90)]


class Curves:
    """Rows of numbers by step in `folder`/curve.csv."""

    def __init__(self, folder):
        self.path = Path(folder) / "curve.csv"
        self.rows = []

    def resume(self, step):
        """Reads what was written up to `step` and drops what came after it."""
        if self.path.exists():
            with open(self.path, newline="") as file:
                self.rows = [row for row in csv.DictReader(file) if int(row["step"]) <= step]

    def add(self, step, values):
        row = {"step": str(step), **{name: f"{value:.6g}" for name, value in values.items()}}
        self.rows.append(row)

    def write(self):
        if not self.rows:
            return
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        temporary = self.path.with_suffix(".tmp")
        with open(temporary, "w", newline="") as file:
            writer = csv.DictWriter(file, names, restval="")
            writer.writeheader()
            writer.writerows(self.rows)
        temporary.replace(self.path)
        draw(self.rows, self.path.with_suffix(".png"))


def draw(rows, path, width=900, height=220):
    """One panel for each column, smoothed over a hundredth of the run."""
    names = [name for name in dict.fromkeys(n for row in rows for n in row) if name != "step"]
    picture = Image.new("RGB", (width, height * len(names)), "white")
    pen = ImageDraw.Draw(picture)
    for i, name in enumerate(names):
        points = [(int(row["step"]), float(row[name])) for row in rows if row.get(name)]
        _panel(pen, name, points, (0, i * height, width, (i + 1) * height), INK[i % len(INK)])
    picture.save(path)


def _panel(pen, name, points, box, ink):
    left, top, right, bottom = box[0] + 60, box[1] + 24, box[2] - 10, box[3] - 20
    pen.rectangle((left, top, right, bottom), outline=(210, 210, 210))
    span = max(1, len(points) // 100)
    windows = [points[max(0, i - span) : i + 1] for i in range(len(points))]
    smooth = [(w[-1][0], sum(value for _, value in w) / len(w)) for w in windows]
    late = sorted(value for _, value in smooth[len(smooth) // 50 :]) or [0.0]
    low, high = late[0], max(late[-1], late[0] + 1e-9)
    last = max(smooth[-1][0], 1)
    xy = [
        (
            left + (right - left) * step / last,
            bottom - (bottom - top) * min(max((value - low) / (high - low), 0), 1),
        )
        for step, value in smooth
    ]
    if len(xy) > 1:
        pen.line(xy, fill=ink, width=2)
    pen.text((left, top - 16), f"{name}: {smooth[-1][1]:.5g} at step {last}", fill=(0, 0, 0))
    pen.text((4, top), f"{high:.4g}", fill=(90, 90, 90))
    pen.text((4, bottom - 12), f"{low:.4g}", fill=(90, 90, 90))
