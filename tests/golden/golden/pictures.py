# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that begin with a picture, by diffusers' own image-to-image and inpainting pipelines."""

import torch
from diffusers import (AutoencoderKL, StableDiffusionImg2ImgPipeline,
                       StableDiffusionInpaintPipeline, StableDiffusionPipeline,
                       UNet2DConditionModel)

from .common import build, generator, nhwc, rand, randn, save, save_diffusers, write_json
from .modules import UNETS, make_unet
from .samplers import make_scheduler

SIDE, STEPS, CFG, SEED = 64, 8, 7.0, 31

# name: (pipeline, unet, sampler, strength, more)
RUNS = {
    "ddim": ("image", "unet-sd15", "ddim", 0.6, {}),
    "ddim-weak": ("image", "unet-sd15", "ddim", 0.13, {}),
    "ddim-all": ("image", "unet-sd15", "ddim", 1.0, {}),
    "euler": ("image", "unet-sd15", "euler", 0.75, {}),
    "euler-a": ("image", "unet-sd15", "euler-a", 0.5, {}),
    "heun": ("image", "unet-sd15", "heun", 0.5, {}),
    "dpm++2m": ("image", "unet-sd15", "dpm++2m", 0.75, {}),
    "dpm++2m-sde": ("image", "unet-sd15", "dpm++2m-sde", 0.5, {}),
    "unipc": ("image", "unet-sd15", "unipc", 0.75, {}),
    "inpaint-blend": ("inpaint", "unet-sd15", "ddim", 0.75, {}),
    "inpaint-blend-euler": ("inpaint", "unet-sd15", "euler", 0.5, {}),
    "inpaint-blend-all": ("inpaint", "unet-sd15", "ddim", 1.0, {}),
    "inpaint-unet": ("inpaint", "unet-inpaint", "ddim", 0.75, {}),
    "inpaint-unet-all": ("inpaint", "unet-inpaint", "dpm++2m", 1.0, {}),
    "rescale": ("text", "unet-sd15", "ddim", 1.0, dict(guidance_rescale=0.7)),
    "eta": ("text", "unet-sd15", "ddim", 1.0, dict(eta=0.5)),
}
PIPELINES = {
    "text": StableDiffusionPipeline,
    "image": StableDiffusionImg2ImgPipeline,
    "inpaint": StableDiffusionInpaintPipeline,
}


def make_vae():
    """The weights of vae-kl."""
    return build(lambda: AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3,
        block_out_channels=(16, 16, 24), layers_per_block=1, norm_num_groups=8,
        latent_channels=4, sample_size=32), 700)


def make_inpainting_unet():
    """SD 1.5 inpainting's shape in small: latents, mask and masked latents side by side."""
    config = UNETS["unet-sd15"] | dict(
        in_channels=9, block_out_channels=(16, 16), layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"))
    return build(lambda: UNet2DConditionModel(**config, out_channels=4), 320, {"conv_out.": 0.3})


def inputs():
    """A picture in [0, 1] of whole 255ths, and a mask that ends with latents (4 pixels)."""
    coarse = rand(750, 1, 3, 8, 8)
    picture = torch.nn.functional.interpolate(coarse, size=(SIDE, SIDE), mode="bilinear")
    mask = torch.zeros(1, 1, SIDE, SIDE)
    mask[:, :, 12:40, 24:56] = 1
    return (picture * 255).round() / 255, mask, (randn(751, 1, 77, 32), randn(752, 1, 77, 32))


def run(name, unets, vae):
    kind, unet, sampler, strength, more = RUNS[name]
    picture, mask, (negative, positive) = inputs()
    pipeline = PIPELINES[kind](
        vae=vae, text_encoder=None, tokenizer=None, unet=unets[unet],
        scheduler=make_scheduler(sampler, "epsilon"), safety_checker=None,
        feature_extractor=None, requires_safety_checker=False)
    pipeline.set_progress_bar_config(disable=True)
    settings = dict(more, prompt_embeds=positive, negative_prompt_embeds=negative,
                    guidance_scale=CFG, num_inference_steps=STEPS, output_type="latent",
                    generator=generator(SEED))
    if kind == "text":
        settings |= dict(height=SIDE, width=SIDE)
    else:
        settings |= dict(image=picture, strength=strength)
    if kind == "inpaint":
        settings |= dict(mask_image=mask, height=SIDE, width=SIDE)
    return pipeline(**settings).images


def make(out):
    unets = {"unet-sd15": make_unet("unet-sd15"), "unet-inpaint": make_inpainting_unet()}
    vae = make_vae()
    save_diffusers(out / "unet-inpaint", unets["unet-inpaint"], torch.float16)
    picture, mask, (negative, positive) = inputs()
    tensors = {"picture": nhwc(picture), "mask": nhwc(mask), "context_negative": negative,
               "context_positive": positive}
    for name in RUNS:
        tensors[name] = nhwc(run(name, unets, vae))
        print(f"pictures: {name}: std {tensors[name].std():.2f}")
    small = torch.nn.functional.interpolate(tensors["ddim"].permute(0, 3, 1, 2), size=(24, 19),
                                            mode="bilinear")
    tensors["upscaled"] = nhwc(small)
    save(out / "pictures" / "io.safetensors", tensors)
    table = [dict(name=name, pipeline=kind, unet=unet, sampler=sampler, strength=strength, **more)
             for name, (kind, unet, sampler, strength, more) in RUNS.items()]
    write_json(out / "pictures" / "pictures.json",
               dict(steps=STEPS, cfg=CFG, seed=SEED, size=SIDE, runs=table))
