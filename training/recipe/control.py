# SPDX-License-Identifier: GPL-3.0-or-later
"""The pose and depth branches, and the scribble branch alone, trained on the frozen base."""

import dataclasses

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
        if name != "scribble":
            config = dataclasses.replace(config, renew=config.renew_rendered)
        self.name, self.config, self.device, self.rate = name, config, device, config.rate
        self.muon_rate = config.muon_rate
        tokenizer = Tokenizer.load(out / "tokenizer", config.positions)
        self.model = Diffusion(config, tokenizer, device, out, frozen=True)
        self.facts = self.model.facts
        self.branch = models.make_controlnet(config)
        # Goes on from what the scribble branch learned beside the base.
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

    def batch(self, step):
        self.pool.step(step)
        rng = state.numpy_rng(self.config.seed, self.name, "batch", step)
        return self.model.noised(self.pool.take(rng, self.config.batch), rng, step)

    def loss(self, batch):
        hints = self.samples.unpack(batch["hints"])
        with models.autocast(self.device):
            text = self.model.text(batch["tokens"])
            output = self.predict(batch["noisy"], batch["timesteps"], text, self.branch, hints)
        loss, error = self.model.loss(output, batch)
        return loss, {"error": error.mean()}

    def sheet(self, path):
        """Hints that training never drew, what is made of them, and what they came from."""
        rng = state.numpy_rng("held out", self.name)
        pictures, _, captions, extra = self.samples.make(rng, 6)
        hints = self.samples.unpack(extra["hints"].to(self.device))
        made = self.model.sample(captions, [(self.branch, hints, 1.0)])
        sheets.save(path, torch.stack([hints, made, pictures]), [[], captions, captions])
