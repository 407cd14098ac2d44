# SPDX-License-Identifier: GPL-3.0-or-later
"""Noise: how much of it at which timestep, what the UNet predicts, and sampling.

Scaled-linear betas as in Stable Diffusion, rescaled so that the last timestep is noise alone
(arXiv:2305.08891), with v prediction (arXiv:2202.00512): a plain background of any brightness can
then come out of noise.
"""

import numpy as np
import torch

TRAIN_STEPS = 1000
MAX_SNR = 5.0


class Schedule:
    """alpha [1000] and sigma [1000], f32: x_t = alpha x_0 + sigma noise."""

    def __init__(self, config, device):
        betas = torch.linspace(0.00085**0.5, 0.012**0.5, TRAIN_STEPS, dtype=torch.float64) ** 2
        alpha = (1 - betas).cumprod(0).sqrt()
        if config.zero_snr:
            alpha = (alpha - alpha[-1]) * alpha[0] / (alpha[0] - alpha[-1])
        self.alpha = alpha.float().to(device)
        self.sigma = (1 - alpha**2).sqrt().float().to(device)
        self.prediction = config.prediction

    def at(self, timesteps):
        """alpha and sigma as [n, 1, 1, 1]"""
        return self.alpha[timesteps].view(-1, 1, 1, 1), self.sigma[timesteps].view(-1, 1, 1, 1)

    def target(self, clean, noise, timesteps):
        """The noisy latents and what the UNet should say. clean, noise: [n, 4, h, w]"""
        alpha, sigma = self.at(timesteps)
        noisy = alpha * clean + sigma * noise
        wanted = noise if self.prediction == "epsilon" else alpha * noise - sigma * clean
        return noisy, wanted

    def weight(self, timesteps):
        """[n]: the loss weight, which is that of the clean latents' error capped at MAX_SNR.

        arXiv:2303.09556, capped so that the steps of little signal, which decide about colour and
        place, keep their full weight under v prediction.
        """
        snr = (self.alpha / self.sigma)[timesteps] ** 2
        if self.prediction == "epsilon":
            return snr.clamp(max=MAX_SNR) / snr.clamp(min=1e-4)
        return (snr.clamp(max=MAX_SNR) + 1) / (snr + 1)

    def clean(self, noisy, output, timesteps):
        """x_0 and the noise as the UNet's output has them."""
        alpha, sigma = self.at(timesteps)
        if self.prediction == "epsilon":
            return (noisy - sigma * output) / alpha.clamp(min=1e-3), output
        return alpha * noisy - sigma * output, sigma * noisy + alpha * output


def draw_timesteps(rng, count):
    """Half of them even, half logit-normal about the middle; stratified. Returns [count] int64"""
    places = (np.arange(count) + rng.random(count)) / count
    even = places[0::2]
    middle = 1 / (1 + np.exp(-_probit(places[1::2])))
    timesteps = np.concatenate([even, middle]) * TRAIN_STEPS
    return timesteps.clip(0, TRAIN_STEPS - 1).astype(np.int64)


def _probit(p):
    return torch.special.ndtri(torch.from_numpy(np.clip(p, 1e-4, 1 - 1e-4))).numpy()


def trailing(steps):
    """DDIM's timesteps with trailing spacing, from 999 down; the last step ends at x_0."""
    return [round(TRAIN_STEPS - i * TRAIN_STEPS / steps) - 1 for i in range(steps)]


def sample(schedule, model, noise, steps):
    """DDIM without noise. model(latents, t) -> the guided output; noise: [n, 4, h, w]"""
    latents = noise
    points = trailing(steps)
    for i, t in enumerate(points):
        at = torch.full((len(latents),), t, device=latents.device)
        clean, epsilon = schedule.clean(latents, model(latents, t), at)
        if i + 1 == len(points):
            return clean
        alpha, sigma = schedule.at(torch.full_like(at, points[i + 1]))
        latents = alpha * clean + sigma * epsilon
    return latents
