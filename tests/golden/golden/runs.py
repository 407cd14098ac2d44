# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole sampling runs with classifier-free guidance, by the loop of StableDiffusionPipeline."""

import torch

from .common import nhwc, nmse, randn, save, write_json
from .modules import CONTROL_SEEDS, SCALES, conditions, make_control, make_unet
from .samplers import make_scheduler, step

STEPS, CFG, KEPT = 20, 7.0, (1, 10)

# name: (unet, sampler, prediction, ((branch, weight, start, end), ...))
RUNS = {
    "ddim": ("unet-sd15", "ddim", "epsilon", ()),
    "euler": ("unet-sd15", "euler", "epsilon", ()),
    "dpm++2m": ("unet-sd15", "dpm++2m", "epsilon", ()),
    "euler-control": ("unet-sd15", "euler", "epsilon",
                      (("controlnet-a", SCALES[0], 0.0, 1.0),
                       ("controlnet-b", SCALES[1], 0.0, 0.5))),
    "ddim-v": ("unet-linear", "ddim", "v_prediction", ()),
}


def works(i, steps, start, end):
    """StableDiffusionControlNetPipeline's rule for step @i, counted from 0."""
    return not (i / steps < start or (i + 1) / steps > end)


def sample(unet, scheduler, noise, contexts, controls=(), steps=STEPS, cfg=CFG, disturb=None,
           kept=KEPT):
    """Latents after the steps in @kept and after the last. @contexts: negative, positive.
    @controls: (model, image, weight, start, end). @disturb changes the network's answers."""
    scheduler.set_timesteps(steps)
    x, result = noise * scheduler.init_noise_sigma, {}
    context = torch.cat(contexts).to(x.dtype)
    for i, t in enumerate(scheduler.timesteps):
        scaled = scheduler.scale_model_input(torch.cat([x, x]), t).to(context.dtype)
        down, mid = None, None
        for model, image, weight, start, end in controls:
            weight = weight if works(i, steps, start, end) else 0.0
            new_down, new_mid = model(scaled, t, context, torch.cat([image, image]).to(x.dtype),
                                      conditioning_scale=weight, return_dict=False)
            down = new_down if down is None else [a + b for a, b in zip(down, new_down)]
            mid = new_mid if mid is None else mid + new_mid
        output = unet(scaled, t, context, down_block_additional_residuals=down,
                      mid_block_additional_residual=mid).sample
        if disturb:
            output = disturb(output, i)
        negative, positive = output.chunk(2)
        x, _ = step(scheduler, negative + cfg * (positive - negative), t, x)
        x = x.to(context.dtype)
        if i + 1 in kept:
            result[f"step{i + 1}"] = x
    return result | {"final": x}


def inputs():
    noise = randn(42, 1, 4, 16, 16)
    return noise, (randn(1000, 1, 77, 32), randn(1001, 1, 77, 32))


def run(name, dtype=torch.float32, disturb=None):
    unet_name, sampler, prediction, branches = RUNS[name]
    noise, contexts = inputs()
    images = dict(zip(CONTROL_SEEDS, conditions()))
    controls = [(make_control(branch).to(dtype), images[branch], *settings)
                for branch, *settings in branches]
    return sample(make_unet(unet_name).to(dtype), make_scheduler(sampler, prediction),
                  noise.to(dtype), contexts, controls, disturb=disturb)


def check(name, wanted):
    """How much a run amplifies errors: f32 against double, and with every answer of the network
    disturbed by noise of NMSE 1e-5, which is what f16 storage may cost."""
    def disturb(output, i):
        return output + 1e-5**0.5 * output.std() * randn(2000 + i, *output.shape)

    double = nmse(wanted, run(name, torch.float64)["final"])
    noisy = nmse(run(name, disturb=disturb)["final"], wanted)
    print(f"  f32 to f64 {double:.1e}, answers off by 1e-5: {noisy:.1e}")


def make(out, checking):
    noise, contexts = inputs()
    tensors = {"noise": nhwc(noise), "context_negative": contexts[0],
               "context_positive": contexts[1]}
    table = []
    for name, (unet, sampler, prediction, branches) in RUNS.items():
        result = run(name)
        tensors |= {f"{name}.{key}": nhwc(x) for key, x in result.items()}
        table.append(dict(name=name, unet=unet, sampler=sampler, prediction_type=prediction,
                          controls=[dict(zip(("model", "weight", "start", "end"), branch))
                                    for branch in branches]))
        spread = ", ".join(f"{key} {x.std():.2f}" for key, x in result.items())
        print(f"runs: {name}: std {spread}, largest {result['final'].abs().max():.1f}")
        if checking:
            check(name, result["final"])
    save(out / "runs" / "io.safetensors", tensors)
    write_json(out / "runs" / "runs.json", dict(
        steps=STEPS, cfg=CFG, seed=42, timestep_spacing="leading", steps_offset=1,
        beta_schedule="scaled_linear", set_alpha_to_one=False, runs=table))
