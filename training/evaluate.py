# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures what a run has trained and writes REPORT.md with contact sheets.

    python evaluate.py --run FOLDER --out FOLDER [--count N]

Everything is measured on drawings, poses, depths and captions that training never saw, with fixed
seeds, 20 steps and guidance. Parts that the run lacks are named as missing. The recogniser is a
part of its own: python train.py judge.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from recipe import (
    colours,
    compose,
    figure,
    measures,
    models,
    openpose,
    renderer,
    scenes,
    scribble,
    sheets,
    state,
)
from recipe import config as configs
from recipe.diffusion import Diffusion
from recipe.material import Material
from recipe.tokenizer import Tokenizer

BATCH = 16
WORDS_AT_MOST = 2  # of a name that counts as a common noun


class Evaluation:
    """Collects figures: rows of (measure, value, bound)."""

    def __init__(self, run, out, count, material, device):
        self.run, self.out, self.count, self.device = run, out, count, device
        self.config = configs.load(run)
        self.material, self.rows = material, []
        tokenizer = Tokenizer.load(run / "tokenizer", self.config.positions)
        self.model = Diffusion(self.config, tokenizer, device, run, frozen=True)
        self.branches = {"scribble": self._branch("base", "scribble")}
        for name in ("pose", "depth"):
            if (run / name / "last.pt").exists():
                self.branches[name] = self._branch(name, name)
        if (run / "scribble/last.pt").exists():
            self.branches["scribble"] = self._branch("scribble", "scribble")
        self.sprites = compose.Sprites(material, device)
        self.judge = self._judge()

    def _branch(self, part, name):
        weights, _ = models.trained(self.run, part)
        return models.load_frozen(models.make_controlnet(self.config), weights[name], self.device)

    def _judge(self):
        if not (self.run / "judge/last.pt").exists():
            return None
        from recipe.judge import JudgePart

        part = JudgePart(self.config, self.material, self.device)
        part.judge.load_state_dict(models.trained(self.run, "judge")[0]["judge"])
        return part

    def note(self, measure, value, bound):
        self.rows.append((measure, value, bound))
        print(f"{measure}: {value:.3f} (at least {bound})", flush=True)

    def sample(self, prompts, branch=None, hints=None, seed=1):
        """Pictures for prompts in batches: [n, 3, 256, 256], on the processor"""
        made = []
        for i in range(0, len(prompts), BATCH):
            part = slice(i, i + BATCH)
            control = [(self.branches[branch], hints[part], 1.0)] if branch else None
            made.append(self.model.sample(prompts[part], control, seed + i).cpu())
        return torch.cat(made)

    def autoencoder(self):
        rng = state.numpy_rng("evaluate", "autoencoder")
        chooser = scenes.Chooser(self.material, held_out=True)
        batch = scenes.collate([chooser.scene(rng) for _ in range(min(self.count, 64))])
        pictures = compose.render(batch, self.sprites)[0]
        values = []
        for part in pictures.split(8):
            with models.autocast(self.device), torch.no_grad():
                latents = self.model.vae.encode(part * 2 - 1).latents
                result = self.model.vae.decode(latents).sample.float() / 2 + 0.5
            error = (result.clamp(0, 1) - part).square().mean((1, 2, 3))
            values.append(-10 * torch.log10(error))
        self.note("autoencoder, held-out pictures, PSNR in dB", float(torch.cat(values).mean()), 30)

    def scribbles(self, sample=None, suffix=""):
        """Lines followed and outlines filled, on drawings of held-out pictures."""
        sample = sample or self.sample
        rng = state.numpy_rng("evaluate", "scribbles")
        chooser = scenes.Chooser(self.material, held_out=True)
        chosen = [chooser.scene(rng, "one") for _ in range(self.count)]
        for scene in chosen:  # plain backgrounds, so that the object can be told from them
            name = str(rng.choice(colours.NAMES))
            scene.caption = f"{scene.caption.split(' on ')[0]} on {name}"
        pictures, alphas = compose.render(scenes.collate(chosen), self.sprites)
        lines = scribble.draw(rng, pictures, alphas)
        hints = scribble.unpack(scribble.pack(lines))
        prompts = [scene.caption for scene in chosen]
        made = sample(prompts, "scribble", hints)
        followed = float(measures.line_followed(lines.cpu(), made).mean())
        free = float(measures.line_followed(lines.cpu(), sample(prompts)).mean())
        self.note(f"scribble: line within 4 pixels of an edge{suffix}", followed, 0.80)
        ratio = followed / max(free, 1e-3)
        self.note(f"scribble: the same over that without the branch{suffix}", ratio, 2)
        filled = measures.overlap(alphas.amax(1) > 0.5, measures.object_mask(made))
        self.note(f"scribble: overlap of outline and object{suffix}", float(filled.mean()), 0.85)
        if not suffix:
            self._sheet("scribbles", hints, made, prompts)

    def poses(self):
        if "pose" not in self.branches:
            return
        rng = state.numpy_rng("evaluate", "poses")
        drawn = [figure.scene(rng) for _ in range(min(self.count, 60))]
        worlds = [world for world, _, _ in drawn]
        _, _, cover = renderer.render_many(worlds, self.device, 1)
        joints = [openpose.flat_joints(at, world.camera) for world, _, at in drawn]
        hints = openpose.draw(torch.from_numpy(np.stack(joints)))
        made = self.sample([words for _, words, _ in drawn], "pose", hints)
        shared = measures.overlap(cover[:, 0] > 0.5, measures.object_mask(made))
        self.note("pose: overlap with the renderer's figure", float(shared.mean()), 0.75)
        self._sheet("poses", hints, made, [words for _, words, _ in drawn])

    def depths(self):
        """Silhouettes at three depth levels, of held-out pictures at that depth."""
        if "depth" not in self.branches:
            return
        rng = state.numpy_rng("evaluate", "depths")
        chooser = scenes.Chooser(self.material, held_out=True)
        values = []
        for level in (0.4, 0.7, 1.0):
            chosen = [chooser.scene(rng, "one") for _ in range(min(self.count, 60) // 3 + 1)]
            alphas = compose.render(scenes.collate(chosen), self.sprites)[1]
            masks = alphas.amax(1, keepdim=True)
            hints = (masks > 0.5).float().mul(level).expand(-1, 3, -1, -1)
            names = [str(rng.choice(colours.NAMES)) for _ in chosen]
            prompts = [
                f"{scene.caption.split(' on ')[0]} on {name}"
                for scene, name in zip(chosen, names, strict=True)
            ]
            made = self.sample(prompts, "depth", hints)
            values.append(measures.overlap(masks[:, 0] > 0.5, measures.object_mask(made)))
        self._sheet("depths", hints, made, prompts)
        value = float(torch.cat(values).mean())
        self.note("depth: overlap of silhouettes at three depth levels", value, 0.8)

    def backgrounds(self, sample=None, suffix=""):
        sample = sample or self.sample
        rng = state.numpy_rng("evaluate", "backgrounds")
        names = [colours.NAMES[i % len(colours.NAMES)] for i in range(self.count)]
        nouns = self._nouns(rng, self.count)
        prompts = [f"{label} on {name}" for (_, label), name in zip(nouns, names, strict=True)]
        made = sample(prompts)
        right = measures.background_named(made, names).float().mean()
        self.note(f"prompt: background as named{suffix}", float(right), 0.95)

    def _nouns(self, rng, count):
        """Common nouns that training has seen: [(code, label)]"""
        found = []
        for code in self.material.codes(held_out=False):
            row = self.material.rows[self.material.by_code[code]["3d"]]
            label = scenes.clean_label(row["label"])
            if row["group"] in (3, 4, 5, 6, 7) and len(label.split()) <= WORDS_AT_MOST:
                found.append((code, label))
        order = rng.permutation(len(found))
        return [found[order[i % len(found)]] for i in range(count)]

    def _drawn(self, rng, nouns):
        """Scribbles [n, 3, 256, 256] of things"""
        chosen = [
            scenes.Scene([scenes.Thing(self.material.by_code[code]["3d"], scale=0.9)], label)
            for code, label in nouns
        ]
        pictures, alphas = compose.render(scenes.collate(chosen), self.sprites)
        return scribble.unpack(scribble.pack(scribble.draw(rng, pictures, alphas)))

    def objects(self, sample=None, suffix=""):
        """Recognised with a matching scribble, and without."""
        if self.judge is None:
            return
        sample = sample or self.sample
        rng = state.numpy_rng("evaluate", "objects")
        nouns = self._nouns(rng, self.count)
        hints = self._drawn(rng, nouns)
        names = rng.choice(colours.NAMES, len(nouns))
        prompts = [f"{label} on {name}" for (_, label), name in zip(nouns, names, strict=True)]
        codes = [code for code, _ in nouns]
        made = sample(prompts, "scribble", hints)
        share = self.judge.recognises(made, codes).float().mean()
        self.note(f"prompt: object in the top 5, with a scribble{suffix}", float(share), 0.60)
        free = sample(prompts)
        share = self.judge.recognises(free, codes).float().mean()
        self.note(f"prompt: object in the top 5, without{suffix}", float(share), 0.35)
        if not suffix:
            self._sheet("objects", made, free, prompts)

    def gallery(self, columns=8, rows=6, side=192):
        """Common nouns with a scribble, as they come: gallery.webp beside the report."""
        rng = state.numpy_rng("evaluate", "gallery")
        nouns = self._nouns(rng, columns * rows)
        prompts = [f"{label} on {rng.choice(colours.NAMES)}" for _, label in nouns]
        made = self.sample(prompts, "scribble", self._drawn(rng, nouns))
        small = F.interpolate(made, (side, side), mode="area").unflatten(0, (rows, columns))
        captions = [prompts[i : i + columns] for i in range(0, len(prompts), columns)]
        sheets.save(self.out / "gallery.webp", small, captions)

    def pairs(self):
        """Two objects, each recognised on its side."""
        if self.judge is None:
            return
        rng = state.numpy_rng("evaluate", "pairs")
        nouns = self._nouns(rng, 2 * (self.count // 2))
        chosen, prompts = [], []
        for (left, left_label), (right, right_label) in zip(nouns[::2], nouns[1::2], strict=True):
            rows = [self.material.by_code[code]["3d"] for code in (left, right)]
            things = [scenes.Thing(r, x, 0, 0.48) for r, x in zip(rows, (-0.5, 0.5), strict=True)]
            chosen.append(scenes.Scene(things, ""))
            name = str(rng.choice(colours.NAMES))
            prompts.append(f"{left_label} left of {right_label} on {name}")
        pictures, alphas = compose.render(scenes.collate(chosen), self.sprites)
        hints = scribble.unpack(scribble.pack(scribble.draw(rng, pictures, alphas)))
        made = self.sample(prompts, "scribble", hints)
        halves = [made[..., 64:192, :128], made[..., 64:192, 128:]]
        right = [
            self.judge.recognises(half, [code for code, _ in nouns[side::2]])
            for side, half in enumerate(halves)
        ]
        share = float((right[0] & right[1]).float().mean())
        self.note("prompt: both of two objects, on their sides", share, 0.40)
        self._sheet("pairs", hints, made, prompts)

    def motion(self):
        if not (self.run / "motion/last.pt").exists():
            return
        from recipe.films import CAMERA
        from recipe.motion import MotionPart

        part = MotionPart(self.config, self.material, self.device, self.run)
        part.modules["motion"].load_state_dict(models.trained(self.run, "motion")[0]["motion"])
        rng = state.numpy_rng("evaluate", "motion")
        count = min(self.count, 60)
        moves = [words for words in CAMERA if words != "still"]
        named = [moves[i % len(moves)] for i in range(count)]
        prompts = [
            f"{label} on {rng.choice(colours.NAMES)}, {words}"
            for (_, label), words in zip(self._nouns(rng, count), named, strict=True)
        ]
        films = torch.cat([part.sample(prompts[i : i + 4], i).cpu() for i in range(0, count, 4)])
        right = [measures.movement(f) == words for f, words in zip(films, named, strict=True)]
        self.note("motion: movement as named", float(np.mean(right)), 0.80)
        alone = torch.stack([self.sample([p] * self.config.frames, seed=9) for p in prompts[:8]])
        ratio = measures.flicker(alone) / max(measures.flicker(films[:8]), 1e-6)
        self.note("motion: neighbours' difference one by one, over the film's", ratio, 3)
        rows = films[:6, :: max(1, self.config.frames // 8)]
        sheets.save(self.out / "motion.png", rows, [[p] + [""] * 15 for p in prompts[:6]])

    def few_step(self):
        """The measures of pictures again, in four steps; bounds are 85 % of what 20 steps reach."""
        if not (self.run / "few-step/last.pt").exists():
            return
        from recipe.few_step import FewStepPart

        part = FewStepPart(self.config, self.material, self.device, self.run)
        part.modules["lora"].load_state_dict(models.trained(self.run, "few-step")[0]["lora"])

        def sample(prompts, branch=None, hints=None, seed=1):
            made = []
            for i in range(0, len(prompts), BATCH):
                some = None if branch is None else hints[i : i + BATCH].to(self.device)
                made.append(part.sample(prompts[i : i + BATCH], some, seed + i).cpu())
            return torch.cat(made)

        full = {measure: value for measure, value, _ in self.rows}
        before = len(self.rows)
        for measure in (self.scribbles, self.backgrounds, self.objects):
            measure(sample, suffix=", four steps")
        self.rows[before:] = [
            (name, value, round(0.85 * full[name.removesuffix(", four steps")], 3))
            for name, value, _ in self.rows[before:]
        ]

    def _sheet(self, name, above, below, prompts, columns=8):
        n = min(len(prompts), 24) // columns * columns or len(prompts)
        columns = min(columns, n)
        rows, captions = [], []
        for i in range(0, n - columns + 1, columns):
            rows += [above[i : i + columns].cpu(), below[i : i + columns].cpu()]
            captions += [[], prompts[i : i + columns]]
        sheets.save(self.out / f"{name}.png", torch.stack(rows), captions)

    def write(self):
        """REPORT.md"""
        lines = ["# What the starter model reaches", ""]
        lines.append(f"Measured by `training/evaluate.py`, {self.count} drawings or prompts each.")
        lines += ["", "| measure | reached | wanted | |", "|---|---|---|---|"]
        for measure, value, bound in self.rows:
            met = "yes" if value >= bound else "no"
            lines.append(f"| {measure} | {value:.3f} | {bound} | {met} |")
        parts = ("pose", "depth", "motion", "few-step", "judge")
        missing = [part for part in parts if not (self.run / part / "last.pt").exists()]
        if missing:
            lines += ["", f"Not trained, so not measured: {', '.join(missing)}."]
        lines += ["", "Things that training knows, drawn with a scribble, as they came:", ""]
        lines.append("![A sheet of 48 pictures](gallery.webp)")
        (self.out / "REPORT.md").write_text("\n".join(lines) + "\n")


def main():
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, default=here / "out")
    parser.add_argument("--out", type=Path, default=here / "out/report")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--material", type=Path, default=here / "out/material.zip")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    material = Material(options.material)
    evaluation = Evaluation(options.run, options.out, options.count, material, options.device)
    evaluation.autoencoder()
    evaluation.scribbles()
    evaluation.poses()
    evaluation.depths()
    evaluation.backgrounds()
    evaluation.objects()
    evaluation.pairs()
    evaluation.gallery()
    evaluation.motion()
    evaluation.few_step()
    evaluation.write()


if __name__ == "__main__":
    main()
