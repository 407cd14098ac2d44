# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads an exported folder with nothing but diffusers and transformers, and draws with every part.

python test_export.py FOLDER
"""

import sys
from pathlib import Path

import torch
from diffusers import (
    AnimateDiffPipeline,
    AutoencoderTiny,
    ControlNetModel,
    DDIMScheduler,
    LCMScheduler,
    MotionAdapter,
    StableDiffusionControlNetPipeline,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from safetensors import safe_open
from transformers import CLIPTextModel, CLIPTokenizer

from recipe.tokenizer import Tokenizer

PROMPTS = ["red apple on blue", "Cat's 3 o’clock, blue-ish naïve_sign", ""]
ARGUMENTS = {"num_inference_steps": 2, "height": 256, "width": 256, "output_type": "np"}


def load_strictly(kind, folder):
    """A diffusers module; a missing or unknown tensor is a failure."""
    module, info = kind.from_pretrained(folder, output_loading_info=True)
    wrong = {name: found for name, found in info.items() if found}
    assert not wrong, f"{folder}: {wrong}"
    return module.eval()


def is_picture(pictures, shape):
    assert pictures.shape == shape, pictures.shape
    assert ((pictures >= 0) & (pictures <= 1)).all()


def check_tokenizer(folder, tokenizer):
    own = Tokenizer.load(folder / "tokenizer", tokenizer.model_max_length)
    for prompt in PROMPTS:
        length = tokenizer.model_max_length
        theirs = tokenizer(prompt, padding="max_length", max_length=length, truncation=True)
        assert own.encode(prompt) == theirs.input_ids, prompt


def check_lora(folder, unet):
    """Every adapter belongs to a layer of the UNet and has its shape."""
    with safe_open(folder / "few-step/pytorch_lora_weights.safetensors", "pt") as file:
        shapes = {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118
    layers = {name.rsplit(".", 2)[0] for name in shapes}
    for layer in layers:
        weight = unet.get_submodule(layer.removeprefix("unet.")).weight
        assert shapes[f"{layer}.lora_A.weight"][1:] == list(weight.shape[1:]), layer
        assert shapes[f"{layer}.lora_B.weight"][0] == weight.shape[0], layer
    assert layers


def check(folder):
    """Asserts on every part that the folder has; returns their names."""
    parts = {
        "vae": load_strictly(AutoencoderTiny, folder / "vae"),
        "unet": load_strictly(UNet2DConditionModel, folder / "unet"),
        "text_encoder": CLIPTextModel.from_pretrained(folder / "text_encoder").float(),
        "tokenizer": CLIPTokenizer.from_pretrained(folder / "tokenizer"),
        "scheduler": DDIMScheduler.from_pretrained(folder / "scheduler"),
    }
    check_tokenizer(folder, parts["tokenizer"])
    rest = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
    pipeline = StableDiffusionPipeline(**parts, **rest)
    is_picture(pipeline(PROMPTS[0], **ARGUMENTS).images, (1, 256, 256, 3))
    checked = list(parts)
    for path in sorted(folder.glob("controlnet-*")):
        branch = load_strictly(ControlNetModel, path)
        controlled = StableDiffusionControlNetPipeline(**parts, controlnet=branch, **rest)
        made = controlled(PROMPTS[0], image=torch.rand(1, 3, 256, 256), **ARGUMENTS).images
        is_picture(made, (1, 256, 256, 3))
        checked.append(path.name)
    if (folder / "motion").exists():
        adapter = load_strictly(MotionAdapter, folder / "motion")
        animated = AnimateDiffPipeline(**parts, motion_adapter=adapter)
        frames = adapter.config.motion_max_seq_length
        made = animated(PROMPTS[0], num_frames=frames, **ARGUMENTS).frames
        is_picture(made, (1, frames, 256, 256, 3))
        checked.append("motion")
    if (folder / "few-step").exists():
        check_lora(folder, parts["unet"])
        LCMScheduler.from_config(parts["scheduler"].config).set_timesteps(4)
        checked.append("few-step")
    return checked


if __name__ == "__main__":
    print("ok:", ", ".join(check(Path(sys.argv[1]))))
