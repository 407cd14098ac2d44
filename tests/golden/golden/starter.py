# SPDX-License-Identifier: GPL-3.0-or-later
"""The starter model with its scribble ControlNet: one picture."""

import numpy as np
import torch
from diffusers import (AutoencoderTiny, ControlNetModel, DDIMScheduler,
                       StableDiffusionControlNetPipeline, UNet2DConditionModel)
from PIL import Image, ImageOps
from transformers import CLIPTextModel, CLIPTokenizer

from .common import nhwc, nmse, randn, save, write_json
from .runs import sample

PROMPT, NEGATIVE, SEED, STEPS, CFG = "red balloon on sky", "", 42, 20, 7.0


def load(folder):
    return dict(
        tokenizer=CLIPTokenizer.from_pretrained(folder / "tokenizer"),
        text_encoder=CLIPTextModel.from_pretrained(folder / "text_encoder",
                                                   dtype=torch.float32).eval(),
        unet=UNet2DConditionModel.from_pretrained(folder / "unet").eval(),
        controlnet=ControlNetModel.from_pretrained(folder / "controlnet-scribble").eval(),
        vae=AutoencoderTiny.from_pretrained(folder / "vae").eval(),
        scheduler=DDIMScheduler.from_pretrained(folder / "scheduler"))


def pipeline_picture(parts, image):
    pipe = StableDiffusionControlNetPipeline(**parts, safety_checker=None, feature_extractor=None,
                                             requires_safety_checker=False)
    pipe.set_progress_bar_config(disable=True)
    return pipe(PROMPT, image=image, negative_prompt=NEGATIVE, num_inference_steps=STEPS,
                guidance_scale=CFG, generator=torch.Generator().manual_seed(SEED),
                height=image.height, width=image.width, output_type="pt").images


def make(out, folder, drawing, checking):
    parts = load(folder)
    tokenizer, vae = parts["tokenizer"], parts["vae"]
    image = ImageOps.invert(Image.open(drawing).convert("RGB"))
    condition = torch.from_numpy(np.asarray(image).astype(np.float32) / 255)
    condition = condition.permute(2, 0, 1)[None]

    length = parts["text_encoder"].config.max_position_embeddings
    ids = tokenizer([NEGATIVE, PROMPT], padding="max_length", max_length=length, truncation=True,
                    return_tensors="pt").input_ids
    embedding = parts["text_encoder"](input_ids=ids).last_hidden_state
    noise = randn(SEED, 1, 4, image.height // 8, image.width // 8)

    result = sample(parts["unet"], parts["scheduler"], noise, tuple(embedding.split(1)),
                    [(parts["controlnet"], condition, 1.0, 0.0, 1.0)], STEPS, CFG)
    picture = vae.decode(result["final"] / vae.config.scaling_factor).sample

    tensors = {"ids": ids, "embedding": embedding, "noise": nhwc(noise)}
    tensors |= {key: nhwc(x) for key, x in result.items()}
    save(out / "starter" / "io.safetensors", tensors)
    save(out / "starter" / "picture.safetensors", {"picture": nhwc(picture)[0]}, torch.float16)
    write_json(out / "starter" / "starter.json", dict(
        prompt=PROMPT, negative=NEGATIVE, seed=SEED, steps=STEPS, cfg=CFG,
        control=dict(type="scribble", drawing=drawing.name, weight=1.0, start=0.0, end=1.0)))
    print(f"starter: latents {result['final'].std():.2f}, picture {picture.min():.2f} to"
          f" {picture.max():.2f}")
    if checking:
        ours = (picture / 2 + 0.5).clamp(0, 1)
        print(f"  to the pipeline {nmse(ours, pipeline_picture(parts, image)):.1e}")
        pixels = (ours[0].permute(1, 2, 0) * 255).round().byte().numpy()
        Image.fromarray(pixels).save("starter-picture.png")
        print("  see starter-picture.png")
