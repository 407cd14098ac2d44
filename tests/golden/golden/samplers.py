# SPDX-License-Identifier: GPL-3.0-or-later
"""The solvers alone, over a "model" that is one line of arithmetic."""

import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler, EulerDiscreteScheduler

from .common import nmse, randn, save, write_json

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


def make_scheduler(sampler, prediction, spacing="leading", betas="scaled_linear"):
    """As Stable Diffusion 1.5's scheduler_config.json says, other settings at their defaults."""
    settings = dict(BASE, beta_schedule=betas, prediction_type=prediction,
                    timestep_spacing=spacing, steps_offset=1)
    if sampler == "ddim":
        return DDIMScheduler(**settings, clip_sample=False, set_alpha_to_one=False)
    if sampler == "euler":
        return EulerDiscreteScheduler(**settings)
    return DPMSolverMultistepScheduler(**settings, algorithm_type="dpmsolver++", solver_order=2,
                                       use_karras_sigmas=True)


def step(scheduler, output, timestep, x):
    """(next x, predicted x_0)"""
    result = scheduler.step(output, timestep, x)
    if isinstance(scheduler, DPMSolverMultistepScheduler):
        return result.prev_sample, scheduler.model_outputs[-1]
    return result.prev_sample, result.pred_original_sample


def model(x, timestep):
    return 0.6 * torch.sin(1.7 * x) + 0.3 * x - 0.1 * (timestep / 1000)


def run(case, noise):
    sampler, prediction, spacing, betas, steps = case
    scheduler = make_scheduler(sampler, prediction, spacing, betas)
    scheduler.set_timesteps(steps)
    assert len(scheduler.timesteps) == steps
    sigma = torch.as_tensor(scheduler.init_noise_sigma, dtype=noise.dtype)
    timesteps = scheduler.timesteps.float()
    x, middle, tensors = noise * sigma, steps // 2, {}
    for i, timestep in enumerate(scheduler.timesteps):
        scaled = scheduler.scale_model_input(x, timestep)
        x, predicted = step(scheduler, model(scaled, timesteps[i].to(x.dtype)), timestep, x)
        if i == middle:
            tensors |= {"middle": x, "predicted": predicted}
    return tensors | {"final": x, "timesteps": timesteps, "initial_sigma": sigma.reshape(1)}


def make(out):
    noise = randn(900, 64)
    tensors, table, worst = {"noise": noise}, [], 0
    for case in CASES:
        sampler, prediction, spacing, betas, steps = case
        name = f"{sampler}-{prediction}-{spacing}-{betas}-{steps}"
        result = run(case, noise)
        worst = max(worst, nmse(result["final"], run(case, noise.double())["final"]))
        tensors |= {f"{name}.{key}": x for key, x in result.items()}
        table.append(dict(name=name, sampler=sampler, prediction_type=prediction,
                          timestep_spacing=spacing, beta_schedule=betas, steps=steps,
                          middle=steps // 2))
    for betas in ("linear", "scaled_linear"):
        scheduler = make_scheduler("ddim", "epsilon", betas=betas)
        tensors[f"alphas_cumprod.{betas}"] = scheduler.alphas_cumprod
    save(out / "samplers.safetensors", tensors)
    write_json(out / "samplers.json", dict(
        schedule=dict(BASE, steps_offset=1, set_alpha_to_one=False, clip_sample=False),
        model="0.6 sin(1.7 x) + 0.3 x - 0.1 t / 1000, x as scaled for the model",
        cases=table))
    print(f"samplers: {len(CASES)} cases, f32 to f64 at most {worst:.1e}")
