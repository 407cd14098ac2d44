# SPDX-License-Identifier: GPL-3.0-or-later
"""What a training picture shows and what its caption says: drawn by lot, before any pixel is.

A caption is a row of words that the picture bears out, such as
    "red apple fruit on blue"
    "blue cat left of a yellow star, flat, on pink"
    "three red balloons on green grass under a blue sky"
"""

import math
from dataclasses import dataclass, field

import numpy as np

from recipe import colours
from recipe.material import STYLES

MAX_OBJECTS = 5
EMPTY = 0.12  # captions that say nothing, for classifier-free guidance
PLAIN, GRADIENT, RADIAL, HORIZON = range(4)
NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five"}
# name of the ground, its colour; name of the sky, its colour
GROUNDS = [("grass", "green"), ("sand", "beige"), ("snow", "white"), ("water", "blue")]
SKIES = [("blue sky", "sky"), ("pink sky", "pink"), ("night sky", "navy"), ("grey sky", "grey")]


@dataclass
class Thing:
    """One picture laid into a scene; `x`, `y` are its middle, from -1 to 1, y downwards."""

    row: int
    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    angle: float = 0.0
    mirror: bool = False
    matrix: np.ndarray = field(default_factory=lambda: colours.IDENTITY)

    def inverse(self):
        """The affine map from the scene to the picture: [2, 3]"""
        c, s = math.cos(self.angle) / self.scale, math.sin(self.angle) / self.scale
        flip = -1.0 if self.mirror else 1.0
        rotation = np.array([[flip * c, flip * s], [-s, c]], np.float32)
        shift = -rotation @ np.array([self.x, self.y], np.float32)
        return np.concatenate([rotation, shift[:, None]], 1).astype(np.float32)


@dataclass
class Scene:
    """A picture to be composed. colours: [2, 3] in 0..1; level: angle or height of the horizon."""

    things: list
    caption: str
    kind: int = PLAIN
    colours: np.ndarray = field(default_factory=lambda: np.ones((2, 3), np.float32))
    level: float = 0.0


def clean_label(label):
    """A name as a person would write it: small letters, no colon."""
    return " ".join(label.lower().replace(":", " ").replace(",", " ").split())


def with_colour(label, colour):
    """`label` with its colour word replaced, or `colour` before it."""
    words = label.split()
    for i, word in enumerate(words):
        if word in colours.COLOURS:
            return " ".join([*words[:i], colour, *words[i + 1 :]])
    return f"{colour} {label}"


def plural(label):
    """The last word made plural, in the ways that English names mostly do it."""
    if label.endswith("s"):
        return label
    if label.endswith(("ch", "sh", "x")):
        return label + "es"
    if label.endswith("y") and label[-2:-1] not in "aeiou":
        return label[:-1] + "ies"
    return label + "s"


def has_colour(label):
    return any(word in colours.COLOURS for word in label.split())


class Chooser:
    """Draws scenes from a material. All randomness comes from the generator that is passed."""

    def __init__(self, material, held_out=False):
        self.material = material
        self.codes = {style: material.codes(held_out, style) for style in STYLES}
        self.weights = {style: material.weights(codes) for style, codes in self.codes.items()}

    def scene(self, rng, kind=None):
        """One scene; `kind` is "one", "two", "many", or None for a draw."""
        style = str(rng.choice(STYLES, p=(0.62, 0.25, 0.13)))
        kind = kind or str(rng.choice(["one", "two", "many"], p=(0.78, 0.15, 0.07)))
        things, text = getattr(self, f"_{kind}")(rng, style)
        background = self._background(rng, [self._seen_colour(thing) for thing in things])
        scene = Scene(things, "", *background[:3])
        named = style != "3d" or rng.random() < 0.25
        scene.caption = text + (f", {style}," if named else "") + f" on {background[3]}"
        if rng.random() < EMPTY:
            scene.caption = ""
        return scene

    def _pick(self, rng, style):
        code = rng.choice(self.codes[style], p=self.weights[style])
        return self.material.by_code[str(code)][style]

    def _one(self, rng, style):
        thing, text = self._thing(rng, style, tags=True)
        thing.scale = float(rng.uniform(0.55, 1.1))
        room = max(0.12, 1.0 - thing.scale) * 0.8
        thing.x, thing.y = (float(v) for v in rng.uniform(-room, room, 2))
        return [thing], text

    def _two(self, rng, style):
        first, first_text = self._thing(rng, style)
        second, second_text = self._thing(rng, style)
        beside = rng.random() < 0.7
        for thing, side in ((first, -1), (second, 1)):
            thing.scale = float(rng.uniform(0.4, 0.55))
            along, across = side * rng.uniform(0.42, 0.52), rng.uniform(-0.2, 0.2)
            thing.x, thing.y = (along, across) if beside else (across, along)
        words = ["left of", "right of", "and"] if beside else ["above", "below", "and"]
        word = str(rng.choice(words, p=(0.4, 0.4, 0.2)))
        if word in ("right of", "below"):
            first_text, second_text = second_text, first_text
        return [first, second], f"{first_text} {word} {second_text}"

    def _many(self, rng, style):
        count = int(rng.integers(2, MAX_OBJECTS + 1))
        model, text = self._thing(rng, style)
        columns = math.ceil(math.sqrt(count))
        rows = math.ceil(count / columns)
        scale = float(rng.uniform(0.75, 0.95)) / max(columns, rows)
        things = []
        for i in range(count):
            in_row = min(columns, count - (i // columns) * columns)
            x = (i % columns + 0.5) / in_row * 2 - 1
            y = (i // columns + 0.5) / rows * 2 - 1
            things.append(
                Thing(
                    model.row,
                    x * 0.95 + float(rng.normal(0, 0.02)),
                    y * 0.95 + float(rng.normal(0, 0.02)),
                    scale,
                    model.angle,
                    model.mirror,
                    model.matrix,
                )
            )
        return things, f"{NUMBERS[count]} {plural(text)}"

    def _thing(self, rng, style, tags=False):
        """A thing at the middle, and the words for it."""
        row_index = self._pick(rng, style)
        row = self.material.rows[row_index]
        thing = Thing(row_index, angle=float(rng.normal(0, 0.1)), mirror=bool(rng.random() < 0.3))
        text = clean_label(row["label"])
        if row["group"] in (8, 9):
            thing.mirror = False
        if style == "line":
            text = self._draw_line_colour(rng, thing, text)
        elif row["colour"] is not None:
            text = self._draw_colour(rng, thing, row["colour"], text)
        if tags and row["tags"] and rng.random() < 0.5:
            count = min(int(rng.integers(1, 3)), len(row["tags"]))
            chosen = rng.choice(row["tags"], count, replace=False)
            text += " " + " ".join(clean_label(str(tag)) for tag in chosen)
        return thing, text

    def _draw_line_colour(self, rng, thing, text):
        if rng.random() < 0.6:
            return text
        name = str(rng.choice(colours.NAMES))
        ink = np.zeros((3, 4), np.float32)
        ink[:, 3] = colours.jitter(rng, name, 0.03)
        thing.matrix = ink
        return with_colour(text, name)

    def _draw_colour(self, rng, thing, dominant, text):
        if rng.random() < 0.3:
            name = str(rng.choice(colours.OBJECT_NAMES))
            thing.matrix = colours.recolour_matrix(dominant, colours.jitter(rng, name))
            return with_colour(text, name)
        if not has_colour(text) and rng.random() < 0.4:
            return f"{colours.NAMES[int(colours.nearest(dominant))]} {text}"
        return text

    def _seen_colour(self, thing):
        """The name of the colour that a background should not have, or None."""
        row = self.material.rows[thing.row]
        source = np.zeros(3, np.float32) if row["style"] == "line" else row["colour"]
        if source is None:
            return None
        seen = thing.matrix @ np.append(source, 1).astype(np.float32)
        return colours.NAMES[int(colours.nearest(np.clip(seen, 0, 1)))]

    def _background(self, rng, avoid):
        """Kind, colours [2, 3], level, and the words for it."""
        avoid = {"black", "navy"} & set(avoid) and {"black", "navy", *avoid} or set(avoid)
        names = [name for name in colours.NAMES if name not in avoid]
        first = str(rng.choice(names))
        near = colours.jitter(rng, first)
        draw = rng.random()
        if draw < 0.62:
            return PLAIN, np.stack([near, near]), 0.0, first
        angle = float(rng.uniform(-math.pi, math.pi))
        if draw < 0.80:  # shades of one colour
            shade = np.clip(near * float(rng.uniform(0.75, 1.2)), 0, 1)
            kind = GRADIENT if rng.random() < 0.6 else RADIAL
            return kind, np.stack([near, shade]), angle, first
        if draw < 0.90:
            second = str(rng.choice([name for name in names if name != first]))
            pair = np.stack([near, colours.jitter(rng, second)])
            return GRADIENT, pair, angle, f"{first} and {second} gradient"
        ground, ground_colour = GROUNDS[rng.integers(len(GROUNDS))]
        sky, sky_colour = SKIES[rng.integers(len(SKIES))]
        pair = np.stack([colours.jitter(rng, sky_colour), colours.jitter(rng, ground_colour)])
        return HORIZON, pair, float(rng.uniform(0.1, 0.5)), f"{ground} under a {sky}"


def collate(scenes):
    """Arrays of a batch of b scenes with k places for things, for compose.render().

    rows [b, k] int64, -1 for none; inverses [b, k, 2, 3]; matrices [b, k, 3, 4]; kinds [b];
    colours [b, 2, 3]; levels [b]
    """
    b, k = len(scenes), max(len(scene.things) for scene in scenes)
    batch = {
        "rows": np.full((b, k), -1, np.int64),
        "inverses": np.zeros((b, k, 2, 3), np.float32),
        "matrices": np.tile(colours.IDENTITY, (b, k, 1, 1)),
        "kinds": np.array([scene.kind for scene in scenes], np.int64),
        "colours": np.stack([scene.colours for scene in scenes]).astype(np.float32),
        "levels": np.array([scene.level for scene in scenes], np.float32),
    }
    for i, scene in enumerate(scenes):
        for j, thing in enumerate(scene.things):
            batch["rows"][i, j] = thing.row
            batch["inverses"][i, j] = thing.inverse()
            batch["matrices"][i, j] = thing.matrix
    return batch
