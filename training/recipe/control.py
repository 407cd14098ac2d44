# SPDX-License-Identifier: GPL-3.0-or-later
"""The pose and depth branches, and the scribble branch alone, trained on the frozen base."""

import torch

from recipe import models, sheets, state
from recipe.diffusion import Diffusion
from recipe.pool import Pool
from recipe.samples import DepthSamples, PoseSamples, SceneSamples
from recipe.tokenizer import Tokenizer

SAMPLES = {"scribble": SceneSamples, "pose": PoseSamples, "depth": DepthSamples}


class ControlPart:
    """modules: {name: the branch}; `name` is a key of SAMPLES"""

    def __init__(self, name, config, material, device, out):
        self.name, self.config, self.device, self.rate = name, config, device, config.rate
        tokenizer = Tokenizer.load(out / "tokenizer", config.positions)
        self.model = Diffusion(config, tokenizer, device, out, frozen=True)
        self.facts = self.model.facts
        self.branch = models.make_controlnet(config, self.model.unet)
        if name == "scribble":  # goes on from what it learned beside the base
            self.branch.load_state_dict(models.trained(out, "base")[0]["scribble"])
        self.branch.to(device, memory_format=torch.channels_last)
        self.modules = {name: self.branch}
        self.samples = SAMPLES[name](
            config, material, tokenizer, self.model.vae, self.facts["scaling_factor"], device
        )
        self.pool = Pool.for_samples(config, self.samples, device, out / name)
        self.predict = models.compiled(self.model.predict, config)

    def prepare(self, step):
        self.pool.prepare(step)

    def loss(self, step):
        self.pool.step(step)
        rng = state.numpy_rng(self.config.seed, self.name, "batch", step)
        batch = self.pool.take(rng, self.config.batch)
        noisy, target, timesteps = self.model.noised(batch["latents"].float(), rng, step)
        hints = self.samples.unpack(batch["hints"])
        with models.autocast(self.device):
            text = self.model.text(batch["tokens"])
            output = self.predict(noisy, timesteps, text, self.branch, hints)
        error = self.model.error(output, target, batch["masks"])
        loss = (error * self.model.schedule.weight(timesteps)).mean()
        return loss, {"error": error.detach().mean()}

    def sheet(self, path):
        """Hints that training never drew, what is made of them, and what they came from."""
        rng = state.numpy_rng("held out", self.name)
        pictures, _, captions, extra = self.samples.make(rng, 6)
        hints = self.samples.unpack(extra["hints"].to(self.device))
        made = self.model.sample(captions, [(self.branch, hints, 1.0)])
        sheets.save(path, torch.stack([hints, made, pictures]), [[], captions, captions])
