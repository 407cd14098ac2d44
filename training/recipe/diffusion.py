# SPDX-License-Identifier: GPL-3.0-or-later
"""Autoencoder, text encoder and UNet as one: what training and evaluation both need."""

import torch
import torch.nn.functional as F

from recipe import models, schedule, state

OBJECT_WEIGHT = 2.0  # of the error where something stands, against 1 for the background


class Diffusion:
    """The latent diffusion model of a run's folder; with `weights` frozen at what "base" left."""

    def __init__(self, config, tokenizer, device, out, frozen=False):
        self.config, self.tokenizer, self.device = config, tokenizer, device
        weights, self.facts = models.trained(out, "vae")
        self.vae = models.load_frozen(models.make_vae(config), weights["vae"], device)
        self.unet = models.make_unet(config)
        models.plain_attention(self.unet, device)
        self.text_encoder = models.make_text_encoder(config, tokenizer)
        self.schedule = schedule.Schedule(config, device)
        if frozen:
            weights, _ = models.trained(out, "base")
            models.load_frozen(self.unet, weights["unet"], device)
            models.load_frozen(self.text_encoder, weights["text_encoder"], device)

    def text(self, tokens):
        """[n, positions] -> [n, positions, width]"""
        return self.text_encoder(tokens.to(self.device)).last_hidden_state

    def encode_prompts(self, prompts):
        return self.text(torch.tensor([self.tokenizer.encode(prompt) for prompt in prompts]))

    def noised(self, batch, rng, step):
        """Adds noisy latents, the target and timesteps to a batch with latents [n, 4, 32, 32]"""
        clean = batch.pop("latents").float()
        timesteps = rng.permutation(schedule.draw_timesteps(rng, len(clean)))
        timesteps = torch.from_numpy(timesteps).to(self.device)
        generator = state.torch_rng(self.device, self.config.seed, "noise", step)
        noise = torch.randn(clean.shape, generator=generator, device=self.device)
        noisy, target = self.schedule.target(clean, noise, timesteps)
        return {**batch, "noisy": noisy, "target": target, "timesteps": timesteps}

    def loss(self, output, batch):
        """The weighted loss of the UNet's output, and the error of each sample, detached: [n]"""
        error = self.error(output, batch["target"], batch["masks"])
        return (error * self.schedule.weight(batch["timesteps"])).mean(), error.detach()

    def predict(self, noisy, timesteps, text, branch=None, hints=None, strength=1.0):
        """The UNet's output; the first len(hints) of the batch follow their hints."""
        if branch is None or len(hints) == 0:
            return self.unet(noisy, timesteps, text).sample
        n = len(hints)
        down, mid = branch(noisy[:n], timesteps[:n], text[:n], hints, strength, return_dict=False)
        rest = len(noisy) - n
        down = [F.pad(residual, (0,) * 7 + (rest,)) for residual in down]
        mid = F.pad(mid, (0,) * 7 + (rest,))
        return self.unet(
            noisy,
            timesteps,
            text,
            down_block_additional_residuals=down,
            mid_block_additional_residual=mid,
        ).sample

    @staticmethod
    def error(output, target, masks):
        """Squared error of each sample, heavier where something stands: [n]"""
        weight = 1 + (OBJECT_WEIGHT - 1) * masks.float()[:, None] / 255
        return ((output.float() - target).square() * weight / weight.mean()).mean((1, 2, 3))

    @torch.no_grad()
    def sample(self, prompts, control=None, seed=0, steps=None, guidance=None):
        """Pictures [n, 3, 256, 256] in 0..1. control: [(branch, hints, strength)], at most one"""
        steps, guidance = steps or self.config.sample_steps, guidance or self.config.guidance
        n = len(prompts)
        noise = torch.randn(n, 4, 32, 32, generator=torch.Generator().manual_seed(seed))
        branch, hints, strength = control[0] if control else (None, None, 1.0)
        hints = None if hints is None else hints.to(self.device).repeat(2, 1, 1, 1)
        with models.autocast(self.device):
            text = self.encode_prompts([""] * n + list(prompts))

            def model(latents, t):
                at = torch.full((2 * n,), t, device=self.device)
                twice = torch.cat([latents, latents])
                output = self.predict(twice, at, text, branch, hints, strength)
                without, prompted = output.float().chunk(2)
                return without + guidance * (prompted - without)

            latents = schedule.sample(self.schedule, model, noise.to(self.device), steps)
        return self.decode(latents)

    @torch.no_grad()
    def decode(self, latents):
        """[n, 4, 32, 32] of unit spread -> [n, 3, 256, 256] in 0..1"""
        with models.autocast(self.device):
            pixels = self.vae.decode(latents / self.facts["scaling_factor"]).sample
        return (pixels.float() / 2 + 0.5).clamp(0, 1)
