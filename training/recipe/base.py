# SPDX-License-Identifier: GPL-3.0-or-later
"""UNet, text encoder and scribble branch, trained together from nothing or from a warm start.

With hours instead of weeks the picture learns from the line and the line from the picture.
"""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from recipe import compose, models, scenes, scribble, sheets, state
from recipe.diffusion import Diffusion
from recipe.pool import Pool
from recipe.samples import SceneSamples, draw_world

WITH_SCRIBBLE = 0.6  # of a batch
HAND_DRAWN = Path(__file__).parents[2] / "data/samples"
PROMPTS = [
    ("balloon", "red balloon on sky"),
    ("flower", "yellow flower on green"),
    ("ghost", "ghost on purple"),
]


def all_captions(material, count=20000):
    """Captions for the vocabulary."""
    chooser, rng = scenes.Chooser(material), state.numpy_rng("captions")
    rendered = [draw_world(rng)[1] for _ in range(count // 10)]
    return [chooser.scene(rng).caption for _ in range(count)] + rendered


def hand_drawn(path):
    """A drawing, dark on white, as the branch wants it: [1, 3, 256, 256], white on black"""
    lines = 1 - np.asarray(Image.open(path).convert("L"), np.float32) / 255
    return torch.from_numpy(lines).expand(1, 3, -1, -1)


class BasePart:
    """modules: unet, text_encoder, scribble"""

    name = "base"

    def __init__(self, config, material, device, out, init=None):
        self.config, self.device, self.rate = config, device, config.rate
        self.muon_rate = config.muon_rate
        tokenizer = models.make_tokenizer(config, out, init, lambda: all_captions(material))
        self.model = Diffusion(config, tokenizer, device, out)
        self.facts = self.model.facts
        unet, text_encoder = self.model.unet, self.model.text_encoder
        if init:
            models.warm_start(unet, init, "unet")
            models.warm_start(text_encoder, init, "text_encoder")
        self.branch = models.make_controlnet(config, unet)
        if init:
            models.warm_start(self.branch, init, "controlnet-scribble")
        self.modules = {"unet": unet, "text_encoder": text_encoder, "scribble": self.branch}
        for module in self.modules.values():
            module.to(device, memory_format=torch.channels_last)
        self.samples = SceneSamples(
            config, material, tokenizer, self.model.vae, self.facts["scaling_factor"], device
        )
        self.pool = Pool.for_samples(config, self.samples, device, out / self.name)
        self.predict = models.compiled(self.model.predict, config)

    def prepare(self, step):
        self.pool.prepare(step)

    def batch(self, step):
        self.pool.step(step)
        models.learn_hints(self.branch, step < self.config.hint_steps)
        rng = state.numpy_rng(self.config.seed, "batch", step)
        batch = self.pool.take(rng, self.config.batch)
        batch["hints"] = batch["hints"][: int(WITH_SCRIBBLE * self.config.batch)]
        return self.model.noised(batch, rng, step)

    def loss(self, batch):
        hints = self.samples.unpack(batch["hints"])
        with models.autocast(self.device):
            text = self.model.text(batch["tokens"])
            output = self.predict(batch["noisy"], batch["timesteps"], text, self.branch, hints)
        loss, error = self.model.loss(output, batch)
        drawn = len(hints)
        return loss, {"scribble": error[:drawn].mean(), "free": error[drawn:].mean()}

    @staticmethod
    def evaluation_set(samples):
        """Prompts, and scribbles [n, 3, 256, 256] by hand and of held-out pictures."""
        rng = state.numpy_rng("held out", "base")
        held_out = scenes.Chooser(samples.material, held_out=True)
        chosen = [held_out.scene(rng, "one") for _ in range(5)]
        pictures, alphas = compose.render(scenes.collate(chosen), samples.sprites)
        drawn = scribble.unpack(scribble.pack(scribble.draw(rng, pictures, alphas)))
        by_hand = torch.cat([hand_drawn(HAND_DRAWN / f"{name}.png") for name, _ in PROMPTS])
        prompts = [prompt for _, prompt in PROMPTS] + [scene.caption for scene in chosen]
        return prompts, torch.cat([by_hand.to(drawn), drawn])

    def sheet(self, path):
        prompts, hints = self.evaluation_set(self.samples)
        drawn = self.model.sample(prompts, [(self.branch, hints, 1.0)])
        rows = torch.stack([hints, drawn, self.model.sample(prompts)])
        sheets.save(path, rows, [[], prompts, prompts])
