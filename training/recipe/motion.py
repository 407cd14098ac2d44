# SPDX-License-Identifier: GPL-3.0-or-later
"""The motion module: AnimateDiff's temporal attention in a frozen UNet (arXiv:2307.04725)."""

import torch
from diffusers import UNetMotionModel

from recipe import models, schedule, sheets, state
from recipe.diffusion import Diffusion
from recipe.films import FilmSamples
from recipe.pool import Pool
from recipe.tokenizer import Tokenizer

PROMPTS = [
    "red apple on blue, camera zooms in",
    "cat on green, camera pans left",
    "person walking in a red shirt and blue trousers on white",
]


def motion_unet(config, unet, adapter=None):
    """A UNet for films around the frozen `unet`; only the motion module learns."""
    model = UNetMotionModel.from_unet2d(unet, adapter or models.make_motion(config))
    model.requires_grad_(False)
    for module in motion_modules(model):
        module.requires_grad_(True)
    return model


def motion_modules(model):
    """The temporal layers, in the order of the blocks."""
    blocks = [*model.down_blocks, *model.up_blocks]
    return [module for block in blocks for module in block.motion_modules]


class MotionPart:
    """modules: motion, the temporal layers in a row"""

    name = "motion"

    def __init__(self, config, material, device, out):
        self.config, self.device, self.rate = config, device, config.rate / 2
        self.muon_rate = config.muon_rate / 2
        tokenizer = Tokenizer.load(out / "tokenizer", config.positions)
        self.model = Diffusion(config, tokenizer, device, out, frozen=True)
        self.facts = self.model.facts
        self.unet = motion_unet(config, self.model.unet).to(device)
        models.plain_attention(self.unet, device)
        self.modules = {"motion": torch.nn.ModuleList(motion_modules(self.unet))}
        self.samples = FilmSamples(
            config, material, tokenizer, self.model.vae, self.facts["scaling_factor"], device
        )
        self.pool = Pool(
            self.samples.fields,
            self.samples,
            1,
            config.films,
            config.films_first,
            device,
            out / self.name / "pool",
            config.film_every,
        )
        self.forward = models.compiled(self._forward, config)

    def prepare(self, step):
        self.pool.prepare(step)

    def _forward(self, noisy, timesteps, text):
        """noisy [n, frames, 4, 32, 32] -> the UNet's output, likewise"""
        films = noisy.transpose(1, 2)
        text = text.repeat_interleave(noisy.shape[1], dim=0)
        return self.unet(films, timesteps, text).sample.transpose(1, 2)

    def batch(self, step):
        self.pool.step(step)
        rng = state.numpy_rng(self.config.seed, "motion", "batch", step)
        batch = self.pool.take(rng, self.config.film_batch)
        clean = batch["latents"].float()
        n, frames = clean.shape[:2]
        timesteps = torch.from_numpy(rng.permutation(schedule.draw_timesteps(rng, n)))
        timesteps = timesteps.to(self.device)
        generator = state.torch_rng(self.device, self.config.seed, "motion noise", step)
        noise = torch.randn(clean.shape, generator=generator, device=self.device)
        each = timesteps.repeat_interleave(frames)
        noisy, target = self.model.schedule.target(clean.flatten(0, 1), noise.flatten(0, 1), each)
        return {
            "tokens": batch["tokens"],
            "noisy": noisy.view_as(clean),
            "target": target.view_as(clean),
            "timesteps": timesteps,
        }

    def loss(self, batch):
        with models.autocast(self.device):
            text = self.model.text(batch["tokens"])
            output = self.forward(batch["noisy"], batch["timesteps"], text)
        error = (output.float() - batch["target"]).square().mean((1, 2, 3, 4))
        loss = (error * self.model.schedule.weight(batch["timesteps"])).mean()
        return loss, {"error": error.detach().mean()}

    @torch.no_grad()
    def sample(self, prompts, seed=0):
        """Films [n, frames, 3, 256, 256] in 0..1"""
        n, frames = len(prompts), self.config.frames
        generator = torch.Generator().manual_seed(seed)
        noise = torch.randn(n, frames, 4, 32, 32, generator=generator).to(self.device)
        with models.autocast(self.device):
            text = self.model.encode_prompts([""] * n + list(prompts))

            def model(latents, t):
                films = latents.view(n, frames, 4, 32, 32)
                at = torch.full((2 * n,), t, device=self.device)
                output = self._forward(torch.cat([films, films]), at, text)
                without, prompted = output.float().chunk(2)
                guided = without + self.config.guidance * (prompted - without)
                return guided.flatten(0, 1)

            latents = schedule.sample(
                self.model.schedule, model, noise.flatten(0, 1), self.config.sample_steps
            )
        return self.model.decode(latents).view(n, frames, 3, 256, 256)

    def sheet(self, path):
        films = self.sample(PROMPTS)
        shown = list(range(0, self.config.frames, max(1, self.config.frames // 8)))
        sheets.save(path, films[:, shown], [[prompt] + [""] * 15 for prompt in PROMPTS])
