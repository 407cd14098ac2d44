# SPDX-License-Identifier: GPL-3.0-or-later
"""The solvers alone, over a "model" that is one line of arithmetic."""

import numpy as np
import torch
from diffusers import (DDIMScheduler, DDPMScheduler, DPMSolverMultistepScheduler,
                       EulerAncestralDiscreteScheduler, EulerDiscreteScheduler,
                       HeunDiscreteScheduler, LCMScheduler, UniPCMultistepScheduler)
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import rescale_noise_cfg
from diffusers.schedulers import AysSchedules

from .common import generator, nchw, nhwc, nmse, randn, save, write_json

BASE = dict(num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012)

# sampler, prediction, spacing, betas, steps
CASES = [
    ("ddim", "epsilon", "leading", "scaled_linear", 20),
    ("ddim", "epsilon", "leading", "scaled_linear", 1),
    ("ddim", "epsilon", "leading", "linear", 7),
    ("ddim", "v_prediction", "leading", "scaled_linear", 20),
    ("ddim", "v_prediction", "trailing", "scaled_linear", 7),
    ("ddim", "epsilon", "trailing", "linear", 20),
    ("ddim", "epsilon", "linspace", "scaled_linear", 7),
    ("ddim", "v_prediction", "linspace", "linear", 2),
    ("euler", "epsilon", "leading", "scaled_linear", 20),
    ("euler", "epsilon", "leading", "scaled_linear", 1),
    ("euler", "epsilon", "leading", "linear", 7),
    ("euler", "v_prediction", "leading", "scaled_linear", 7),
    ("euler", "v_prediction", "trailing", "scaled_linear", 20),
    ("euler", "epsilon", "trailing", "linear", 2),
    ("euler", "epsilon", "linspace", "scaled_linear", 20),
    ("euler", "v_prediction", "linspace", "linear", 7),
    ("dpm++2m", "epsilon", "leading", "scaled_linear", 20),
    ("dpm++2m", "epsilon", "leading", "scaled_linear", 1),
    ("dpm++2m", "epsilon", "leading", "scaled_linear", 2),
    ("dpm++2m", "epsilon", "leading", "linear", 7),
    ("dpm++2m", "v_prediction", "leading", "scaled_linear", 20),
    ("dpm++2m", "v_prediction", "leading", "linear", 20),
    ("dpm++2m", "epsilon", "trailing", "scaled_linear", 7),
    ("dpm++2m", "v_prediction", "linspace", "scaled_linear", 7),
    ("ddim", "epsilon", "leading", "scaled_linear", 50),
    ("dpm++2m", "epsilon", "leading", "scaled_linear", 50),
]


# The same, then what differs from the sampler's defaults: sigmas, eta, zero_snr
MORE_CASES = [
    ("ddpm", "epsilon", "leading", "scaled_linear", 20, {}),
    ("ddpm", "epsilon", "leading", "scaled_linear", 1, {}),
    ("ddpm", "v_prediction", "trailing", "scaled_linear", 7, {}),
    ("ddpm", "sample", "linspace", "linear", 7, {}),
    ("ddpm", "epsilon", "leading", "scaled_linear", 10, dict(sigmas="ays")),
    ("ddpm", "v_prediction", "trailing", "scaled_linear", 20, dict(zero_snr=True)),
    ("euler-a", "epsilon", "leading", "scaled_linear", 20, {}),
    ("euler-a", "epsilon", "leading", "scaled_linear", 1, {}),
    ("euler-a", "epsilon", "linspace", "linear", 7, {}),
    ("euler-a", "v_prediction", "trailing", "scaled_linear", 7, {}),
    ("euler-a", "v_prediction", "trailing", "scaled_linear", 20, dict(zero_snr=True)),
    ("heun", "epsilon", "leading", "scaled_linear", 20, {}),
    ("heun", "epsilon", "leading", "scaled_linear", 1, {}),
    ("heun", "epsilon", "leading", "scaled_linear", 2, {}),
    ("heun", "v_prediction", "trailing", "linear", 7, {}),
    ("heun", "sample", "linspace", "scaled_linear", 7, {}),
    ("heun", "epsilon", "leading", "scaled_linear", 12, dict(sigmas="karras")),
    ("heun", "epsilon", "linspace", "scaled_linear", 7, dict(sigmas="exponential")),
    ("heun", "epsilon", "leading", "scaled_linear", 10, dict(sigmas="ays")),
    ("dpm++2m-sde", "epsilon", "leading", "scaled_linear", 20, {}),
    ("dpm++2m-sde", "epsilon", "leading", "scaled_linear", 1, {}),
    ("dpm++2m-sde", "epsilon", "leading", "scaled_linear", 2, {}),
    ("dpm++2m-sde", "v_prediction", "trailing", "linear", 7, {}),
    ("dpm++2m-sde", "sample", "linspace", "scaled_linear", 7, {}),
    ("dpm++2m-sde", "epsilon", "leading", "scaled_linear", 7, dict(sigmas="uniform")),
    ("dpm++2m-sde", "epsilon", "leading", "scaled_linear", 7, dict(sigmas="exponential")),
    ("dpm++2m-sde", "epsilon", "leading", "scaled_linear", 10, dict(sigmas="ays")),
    ("unipc", "epsilon", "leading", "scaled_linear", 20, {}),
    ("unipc", "epsilon", "leading", "scaled_linear", 1, {}),
    ("unipc", "epsilon", "leading", "scaled_linear", 2, {}),
    ("unipc", "epsilon", "leading", "scaled_linear", 3, {}),
    ("unipc", "epsilon", "linspace", "linear", 7, {}),
    ("unipc", "v_prediction", "trailing", "scaled_linear", 7, {}),
    ("unipc", "sample", "leading", "scaled_linear", 7, {}),
    ("unipc", "epsilon", "leading", "scaled_linear", 50, {}),
    ("unipc", "epsilon", "leading", "scaled_linear", 20, dict(sigmas="karras")),
    ("unipc", "epsilon", "leading", "scaled_linear", 7, dict(sigmas="exponential")),
    ("unipc", "v_prediction", "trailing", "scaled_linear", 20, dict(zero_snr=True)),
    ("lcm", "epsilon", "leading", "scaled_linear", 4, {}),
    ("lcm", "epsilon", "leading", "scaled_linear", 1, {}),
    ("lcm", "epsilon", "leading", "scaled_linear", 50, {}),
    ("lcm", "v_prediction", "leading", "linear", 7, {}),
    ("lcm", "sample", "leading", "scaled_linear", 8, {}),
    ("lcm", "epsilon", "leading", "scaled_linear", 10, dict(sigmas="ays")),
    ("lcm", "v_prediction", "leading", "scaled_linear", 4, dict(zero_snr=True)),
    ("ddim", "sample", "leading", "scaled_linear", 7, {}),
    ("ddim", "epsilon", "leading", "scaled_linear", 20, dict(eta=1.0)),
    ("ddim", "epsilon", "leading", "scaled_linear", 7, dict(eta=0.3)),
    ("ddim", "v_prediction", "trailing", "linear", 7, dict(eta=0.5)),
    ("ddim", "v_prediction", "trailing", "scaled_linear", 20, dict(zero_snr=True)),
    ("euler", "sample", "leading", "scaled_linear", 7, {}),
    ("euler", "epsilon", "leading", "scaled_linear", 20, dict(sigmas="karras")),
    ("euler", "epsilon", "trailing", "scaled_linear", 7, dict(sigmas="karras")),
    ("euler", "epsilon", "linspace", "linear", 7, dict(sigmas="exponential")),
    ("euler", "epsilon", "leading", "scaled_linear", 10, dict(sigmas="ays")),
    ("euler", "epsilon", "trailing", "scaled_linear", 7, dict(sigmas="ays")),
    ("euler", "epsilon", "leading", "scaled_linear", 20, dict(sigmas="ays")),
    # By Karras's sigmas: the first step of the uniform ones, from 4096 to some 10, cancels in
    # diffusers' f32 and leaves it further than 1e-10 from its own formula.
    ("euler", "v_prediction", "trailing", "scaled_linear", 20,
     dict(zero_snr=True, sigmas="karras")),
    ("dpm++2m", "sample", "leading", "scaled_linear", 7, {}),
    ("dpm++2m", "epsilon", "leading", "scaled_linear", 7, dict(sigmas="uniform")),
    ("dpm++2m", "epsilon", "trailing", "scaled_linear", 7, dict(sigmas="uniform")),
    ("dpm++2m", "epsilon", "linspace", "linear", 20, dict(sigmas="uniform")),
    ("dpm++2m", "epsilon", "leading", "scaled_linear", 20, dict(sigmas="exponential")),
    ("dpm++2m", "epsilon", "leading", "scaled_linear", 10, dict(sigmas="ays")),
    ("dpm++2m", "v_prediction", "leading", "scaled_linear", 20, dict(zero_snr=True)),
]

SCHEDULERS = {
    "ddim": (DDIMScheduler, dict(clip_sample=False, set_alpha_to_one=False)),
    "ddpm": (DDPMScheduler, dict(clip_sample=False)),
    "euler": (EulerDiscreteScheduler, {}),
    "euler-a": (EulerAncestralDiscreteScheduler, {}),
    "heun": (HeunDiscreteScheduler, {}),
    "dpm++2m": (DPMSolverMultistepScheduler, dict(algorithm_type="dpmsolver++", solver_order=2)),
    "dpm++2m-sde": (DPMSolverMultistepScheduler,
                    dict(algorithm_type="sde-dpmsolver++", solver_order=2)),
    "unipc": (UniPCMultistepScheduler, {}),
    "lcm": (LCMScheduler, {}),
}
STOCHASTIC = (DDPMScheduler, EulerAncestralDiscreteScheduler, LCMScheduler)
NOISE_SEED = 901
SIDE, CHANNELS = 4, 4


def make_scheduler(sampler, prediction, spacing="leading", betas="scaled_linear", sigmas=None,
                   zero_snr=False):
    """As Stable Diffusion 1.5's scheduler_config.json says, other settings at their defaults."""
    kind, settings = SCHEDULERS[sampler]
    settings = settings | dict(BASE, beta_schedule=betas, prediction_type=prediction,
                               timestep_spacing=spacing, steps_offset=1)
    sigmas = sigmas or ("karras" if kind is DPMSolverMultistepScheduler else "uniform")
    if sigmas in ("karras", "exponential"):
        settings[f"use_{sigmas}_sigmas"] = True
    if zero_snr:
        settings["rescale_betas_zero_snr"] = True
    return kind(**settings)


def ays_sigmas(scheduler, steps):
    """loglinear_interp() of the authors' page, over the sigmas of the published timesteps."""
    knots = AysSchedules["StableDiffusionTimesteps"] + [0]
    sigmas = np.array(((1 - scheduler.alphas_cumprod) / scheduler.alphas_cumprod) ** 0.5)
    logs = np.log(sigmas[knots].astype(np.float64))
    places = np.linspace(0, 1, steps + 1)
    return np.exp(np.interp(places, np.linspace(0, 1, len(knots)), logs))[:-1].tolist() + [0.0]


def set_timesteps(scheduler, steps, sigmas):
    if sigmas != "ays":
        scheduler.set_timesteps(steps)
    elif steps == 10:
        scheduler.set_timesteps(timesteps=AysSchedules["StableDiffusionTimesteps"])
    else:
        scheduler.set_timesteps(sigmas=ays_sigmas(scheduler, steps))


def step(scheduler, output, timestep, x, **more):
    """(next x, predicted x_0)"""
    result = scheduler.step(output, timestep, x, **more)
    if isinstance(scheduler, (DPMSolverMultistepScheduler, UniPCMultistepScheduler)):
        return result.prev_sample, scheduler.model_outputs[-1]
    if isinstance(scheduler, LCMScheduler):
        return result.prev_sample, result.denoised
    return result.prev_sample, result.pred_original_sample


def model(x, timestep):
    return 0.6 * torch.sin(1.7 * x) + 0.3 * x - 0.1 * (timestep / 1000)


def run(case, noise):
    sampler, prediction, spacing, betas, steps, more = case
    sigmas, eta = more.get("sigmas"), more.get("eta", 0)
    scheduler = make_scheduler(sampler, prediction, spacing, betas, sigmas,
                               more.get("zero_snr", False))
    set_timesteps(scheduler, steps, sigmas)
    evaluations = len(scheduler.timesteps)
    assert evaluations == (2 * steps - 1 if sampler == "heun" else steps)
    arguments = dict(eta=eta) if eta else {}
    if eta or isinstance(scheduler, STOCHASTIC) or sampler == "dpm++2m-sde":
        arguments["generator"] = generator(NOISE_SEED)
    sigma = torch.as_tensor(scheduler.init_noise_sigma, dtype=noise.dtype)
    timesteps = scheduler.timesteps.float()
    x, middle, tensors = noise * sigma, evaluations // 2, {}
    for i, timestep in enumerate(scheduler.timesteps):
        scaled = scheduler.scale_model_input(x, timestep)
        x, predicted = step(scheduler, model(scaled, timesteps[i].to(x.dtype)), timestep, x,
                            **arguments)
        if i == middle:
            tensors |= {"middle": x, "predicted": predicted}
    return tensors | {"final": x, "timesteps": timesteps, "initial_sigma": sigma.reshape(1)}


def run_in_planes(case, noise):
    """The same with latents [1, c, h, w], so that fresh noise is drawn for these; answers NHWC."""
    planes = nchw(noise.reshape(1, SIDE, SIDE, CHANNELS)).contiguous()
    return {key: nhwc(x).reshape(-1) if x.ndim == 4 else x for key, x in run(case, planes).items()}


def describe(case, name):
    sampler, prediction, spacing, betas, steps, more = case
    evaluations = 2 * steps - 1 if sampler == "heun" else steps
    item = dict(name=name, sampler=sampler, prediction_type=prediction, timestep_spacing=spacing,
                beta_schedule=betas, steps=steps, middle=evaluations // 2)
    renamed = {"zero_snr": "rescale_betas_zero_snr"}
    return item | {renamed.get(key, key): value for key, value in more.items()}


def guidance():
    """Guidance 7 of two random outputs, rescaled by 0.7."""
    negative, positive = randn(903, 1, CHANNELS, SIDE, SIDE), randn(904, 1, CHANNELS, SIDE, SIDE)
    guided = negative + 7 * (positive - negative)
    tensors = dict(negative=negative, positive=positive,
                   rescaled=rescale_noise_cfg(guided, positive, 0.7))
    return {f"guidance.{key}": nhwc(x).reshape(-1) for key, x in tensors.items()}


def make(out):
    noise = randn(900, 64)
    tensors, table, worst = {"noise": noise}, [], 0
    for case in [(*case, {}) for case in CASES] + MORE_CASES:
        sampler, prediction, spacing, betas, steps, more = case
        name = f"{sampler}-{prediction}-{spacing}-{betas}-{steps}"
        name += "".join(f"-{key}-{value}" for key, value in more.items())
        result = (run if case[:5] in CASES and not more else run_in_planes)(case, noise)
        if sampler in ("ddim", "euler", "heun", "dpm++2m", "unipc") and "eta" not in more:
            exact = run_in_planes(case, noise.double())["final"]
            worst = max(worst, nmse(result["final"], exact))
        tensors |= {f"{name}.{key}": x for key, x in result.items()}
        table.append(describe(case, name))
    for betas in ("linear", "scaled_linear"):
        for suffix, zero_snr in (("", False), (".zero_snr", True)):
            scheduler = make_scheduler("ddim", "epsilon", betas=betas, zero_snr=zero_snr)
            tensors[f"alphas_cumprod.{betas}{suffix}"] = scheduler.alphas_cumprod
    save(out / "samplers.safetensors", tensors | guidance())
    write_json(out / "samplers.json", dict(
        schedule=dict(BASE, steps_offset=1, set_alpha_to_one=False, clip_sample=False),
        model="0.6 sin(1.7 x) + 0.3 x - 0.1 t / 1000, x as scaled for the model",
        noise_seed=NOISE_SEED, channels=CHANNELS, cases=table))
    print(f"samplers: {len(table)} cases, f32 to f64 at most {worst:.1e}")
