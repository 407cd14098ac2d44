# SPDX-License-Identifier: GPL-3.0-or-later
"""The few-step version: latent consistency distillation into a LoRA (arXiv:2310.04378, 2311.05556).

Four steps of LCM sampling without guidance: the teacher's guidance is distilled with the rest.
"""

import torch

from recipe import lora, models, sheets, state
from recipe.base import BasePart
from recipe.diffusion import Diffusion
from recipe.pool import Pool
from recipe.samples import SceneSamples
from recipe.tokenizer import Tokenizer

SOLVER_STEPS = 50  # of DDIM, between which the student must agree
SIGMA_DATA, TIMESTEP_SCALING = 0.5, 10.0  # as LCMScheduler has them
HUBER = 1e-3
STEPS = 4


def boundary(timesteps):
    """c_skip and c_out, so that the student is the identity without noise: [n, 1, 1, 1] each"""
    scaled = timesteps.float().view(-1, 1, 1, 1) * TIMESTEP_SCALING
    skip = SIGMA_DATA**2 / (scaled**2 + SIGMA_DATA**2)
    return skip, scaled / (scaled**2 + SIGMA_DATA**2).sqrt()


def lcm_timesteps(steps):
    """LCMScheduler's timesteps with 50 original steps, from 999 down."""
    points = list(range(1000 // SOLVER_STEPS - 1, 1000, 1000 // SOLVER_STEPS))[::-1]
    return [points[i * len(points) // steps] for i in range(steps)]


class FewStepPart:
    """modules: lora"""

    name = "few-step"
    muon_rate = None

    def __init__(self, config, material, device, out):
        self.config, self.device, self.rate = config, device, config.lora_rate
        tokenizer = Tokenizer.load(out / "tokenizer", config.positions)
        self.model = Diffusion(config, tokenizer, device, out, frozen=True)
        self.facts = self.model.facts
        weights, _ = models.trained(out, "base")
        self.branch = models.make_controlnet(config)
        models.load_frozen(self.branch, weights["scribble"], device)
        self.adapters = lora.adapt(self.model.unet, config.lora_rank)
        self.model.unet.to(device, memory_format=torch.channels_last)
        self.modules = {"lora": lora.names_of(self.adapters)}
        self.samples = SceneSamples(
            config, material, tokenizer, self.model.vae, self.facts["scaling_factor"], device
        )
        # The base's pool is of the same samples.
        self.pool = Pool.for_samples(config, self.samples, device, out / self.name)
        self.empty = self.model.encode_prompts([""])
        self.student = models.compiled(self._student, config)
        self.teacher = models.compiled(self._teacher, config)

    def prepare(self, step):
        self.pool.prepare(step)

    def _hinted(self, noisy, timesteps, text, hints):
        return self.model.predict(noisy, timesteps, text, self.branch, hints)

    def _student(self, noisy, timesteps, text, hints):
        """The picture at the end of the path, f(x_t, t)"""
        output = self._hinted(noisy, timesteps, text, hints).float()
        clean, _ = self.model.schedule.clean(noisy, output, timesteps)
        skip, out = boundary(timesteps)
        return skip * noisy + out * clean

    def _teacher(self, noisy, timesteps, before, text, empty, hints):
        """One guided DDIM step from `timesteps` to `before`"""
        with_text = self._hinted(noisy, timesteps, text, hints).float()
        without = self._hinted(noisy, timesteps, empty, hints).float()
        output = without + self.config.guidance * (with_text - without)
        clean, noise = self.model.schedule.clean(noisy, output, timesteps)
        alpha, sigma = self.model.schedule.at(before)
        return alpha * clean + sigma * noise

    def batch(self, step):
        """Points of a path, and where the guided teacher goes from them"""
        self.pool.step(step)
        n, width = self.config.batch // 2, 1000 // SOLVER_STEPS
        rng = state.numpy_rng(self.config.seed, self.name, step)
        batch = self.pool.take(rng, n)
        places = torch.from_numpy(rng.integers(1, SOLVER_STEPS, n)).to(self.device)
        timesteps, before = (places + 1) * width - 1, places * width - 1
        clean = batch["latents"].float()
        generator = state.torch_rng(self.device, self.config.seed, self.name, "noise", step)
        noise = torch.randn(clean.shape, generator=generator, device=self.device)
        noisy, _ = self.model.schedule.target(clean, noise, timesteps)
        hints = self.samples.unpack(batch["hints"][: int(0.6 * n)])
        with models.autocast(self.device), torch.no_grad():
            text = self.model.text(batch["tokens"])
            empty = self.empty.expand(n, -1, -1).to(text)
            lora.switch(self.adapters, False)
            earlier = self.teacher(noisy, timesteps, before, text, empty, hints)
            lora.switch(self.adapters, True)
        return {
            "text": text,
            "hints": hints,
            "noisy": noisy,
            "timesteps": timesteps,
            "earlier": earlier,
            "before": before,
        }

    def loss(self, batch):
        text, hints = batch["text"], batch["hints"]
        with models.autocast(self.device):
            with torch.no_grad():
                target = self.student(batch["earlier"], batch["before"], text, hints)
            result = self.student(batch["noisy"], batch["timesteps"], text, hints)
        distance = (result - target).square()
        loss = ((distance + HUBER**2).sqrt() - HUBER).mean()
        return loss, {"distance": distance.detach().mean()}

    @torch.no_grad()
    def sample(self, prompts, hints=None, seed=0, steps=STEPS):
        """Pictures [n, 3, 256, 256] in 0..1 by LCM sampling without guidance"""
        generator = torch.Generator().manual_seed(seed)
        n, points = len(prompts), lcm_timesteps(steps)
        latents = torch.randn(n, 4, 32, 32, generator=generator).to(self.device)
        with models.autocast(self.device):
            text = self.model.encode_prompts(prompts)
            for i, t in enumerate(points):
                at = torch.full((n,), t, device=self.device)
                branch = None if hints is None else self.branch
                output = self.model.predict(latents, at, text, branch, hints).float()
                clean, _ = self.model.schedule.clean(latents, output, at)
                skip, out = boundary(at)
                latents = skip * latents + out * clean
                if i + 1 < len(points):
                    noise = torch.randn(latents.shape, generator=generator).to(self.device)
                    alpha, sigma = self.model.schedule.at(torch.full_like(at, points[i + 1]))
                    latents = alpha * latents + sigma * noise
        return self.model.decode(latents)

    def sheet(self, path):
        prompts, hints = BasePart.evaluation_set(self.samples)
        hints = hints.to(self.device)
        rows = torch.stack([hints, self.sample(prompts, hints), self.sample(prompts)])
        sheets.save(path, rows, [[], prompts, prompts])
