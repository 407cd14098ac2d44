#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes tests/golden/motion/loras.safetensors and the lists beside it: LoRAs with the names that
people's files have, MotionLoRAs with a strength for each frame, and SparseCtrl with the sizes that
its original file leaves to be guessed.

Weights and inputs are made from names, as those of make_motion.py are.
"""

import diffusers
import torch
import transformers
from diffusers import SparseControlNetModel
from torch import nn
from transformers import CLIPTextModel

from golden.common import save, write_json
from make_motion import CONTEXT, FRAMES, HERE, OUT, SIDE, compare, forward, inputs, \
    make_motion_unet, run, settings, starter_motion, uniform_windows, values, weight

RANK = 3
FRAME_STRENGTHS = (0.0, 0.3, 1.0, -0.5, 1.6)
MERGED_STRENGTH, PICTURE_STRENGTH, TEXT_STRENGTH = 0.7, 0.8, 1.2


def factors(module, layer, lines):
    """Both matrices of a layer, the second one times alpha / rank; their names go to a list."""
    out, into, *kernel = layer.weight.shape
    down = (RANK, into, *kernel)
    up = (out, RANK, *(1 for _ in kernel))
    for part, shape in (("down", down), ("up", up), ("alpha", ())):
        lines.append(" ".join([f"{module}.{part}", *map(str, shape)]))
    scale = weight(f"{module}.alpha", ()) / RANK
    return (weight(f"{module}.down", down).flatten(1),
            weight(f"{module}.up", up).flatten(1) * scale)


def layers(model, *patterns):
    for name, module in model.named_modules():
        if isinstance(module, (nn.Linear, nn.Conv2d)) and all(p in name for p in patterns):
            yield name, module


def write_list(file, lines):
    (OUT / file).write_text("\n".join(lines) + "\n")


def merge(found, strength):
    """W += strength alpha / rank up down; the list of what was added."""
    lines = []
    for name, layer in found:
        down, up = factors(name, layer, lines)
        layer.weight += strength * (up @ down).reshape(layer.weight.shape)
    return lines


def by_frame(found, strengths):
    """y += strength of the token's frame times up (down x): what goes in is [n, frames, c].
    @strengths() is asked each time."""
    lines = []

    def add(layer, given, named, output):
        x = given[0] if given else named["input"]
        scale = strengths().to(x.dtype)[None, :, None]
        return output + scale * (x @ layer.down.to(x.dtype).T @ layer.up.to(x.dtype).T)

    for name, layer in found:
        layer.down, layer.up = factors(name, layer, lines)
        layer.register_forward_hook(add, with_kwargs=True)
    return lines


def picture_lora(tensors):
    """Linear layers and convolutions of the UNet, motion modules left alone."""
    model = make_motion_unet("v3")
    found = [(name, layer) for name, layer in layers(model) if "motion_modules" not in name]
    write_list("picture-lora.txt", merge(found, PICTURE_STRENGTH))
    tensors["picture-lora"] = forward(model, "picture-lora", 1, 3, [301.0])


def frame_loras(tensors):
    """One by frame in all layers of the motion modules, and beside it a merged one."""
    strengths = torch.tensor(FRAME_STRENGTHS)
    model = make_motion_unet("v3")
    lines = by_frame(list(layers(model, "motion_modules")), lambda: strengths)
    write_list("frame-lora.txt", lines)
    tensors["frame-lora"] = forward(model, "frame-lora", 2, len(strengths), [301.0, 77.0])
    model = make_motion_unet("v3")
    merged = merge(layers(model, "motion_modules", "attn2"), MERGED_STRENGTH)
    by_frame(list(layers(model, "motion_modules", "attn1")), lambda: strengths.flip(0))
    write_list("frame-lora-merged.txt", merged)
    tensors["frame-lora-both"] = forward(model, "frame-lora", 2, len(strengths), [301.0, 77.0])


def windowed(tensors, folder):
    """By frame in windows: each evaluation has the strengths of its own frames."""
    model = starter_motion(folder)
    strengths = torch.linspace(-0.5, 1.5, FRAMES)
    window = []

    def noted(*given):
        for frames in uniform_windows(*given):
            window[:] = frames
            yield frames

    found = list(layers(model, "motion_modules", "attn1"))
    write_list("starter-frame-lora.txt", by_frame(found, lambda: strengths[window]))
    tensors["windows.frame-lora"] = run(noted, model, folder)


def text_lora(tensors):
    model = CLIPTextModel.from_pretrained(HERE / "clip", dtype=torch.float32).eval()
    model.requires_grad_(False)
    with torch.no_grad():
        found = [(f"text_model.{name.removeprefix('text_model.')}", layer)
                 for name, layer in layers(model, "encoder.layers")]
        write_list("text-lora.txt", merge(found, TEXT_STRENGTH))
    ids = transformers.AutoConfig.from_pretrained(HERE / "clip").vocab_size
    ids = (values("text-lora.ids", 2, 77).abs() * ids / 3).long().clamp(0, ids - 1)
    tensors["text-lora.ids"] = ids.int()
    tensors["text-lora"] = model(input_ids=ids).last_hidden_state


SPARSE = {
    "file-rgb": dict(conditioning_channels=4, use_simplified_condition_embedding=True),
    "file-scribble": dict(conditioning_channels=3, use_simplified_condition_embedding=False,
                          conditioning_embedding_out_channels=(8, 16, 16, 32)),
}
SPARSE_FRAMES = 4


def sparse_file(tensors, name):
    """8 heads, 32 groups, 24 positions; what it adds in the middle and last of all before that."""
    more = SPARSE[name]
    model = SparseControlNetModel(
        block_out_channels=(64, 96), down_block_types=("CrossAttnDownBlockMotion",
                                                       "DownBlockMotion"),
        layers_per_block=1, attention_head_dim=8, cross_attention_dim=CONTEXT,
        norm_num_groups=32, motion_num_attention_heads=8, motion_max_seq_length=24, **more)
    lines = []
    for key, tensor in model.state_dict().items():
        if not key.endswith("pos_embed.pe"):
            tensor.copy_(weight(f"sparse.{name}.{key}", tuple(tensor.shape)))
        lines.append(" ".join([key, *map(str, tensor.shape)]))
    write_list(f"{name}.txt", lines)
    write_json(OUT / f"{name}.json", settings(model))
    model.eval().requires_grad_(False)
    side = SIDE if name == "file-rgb" else SIDE * 8
    channels = more["conditioning_channels"]
    seen = values(f"{name}.seen", 2 * SPARSE_FRAMES, side, side, channels + 1)
    seen = seen.unflatten(0, (2, SPARSE_FRAMES)).permute(0, 4, 1, 2, 3)
    sample, context = inputs(name, 2, SPARSE_FRAMES)

    def call(dtype):
        down, mid = model(sample.to(dtype), torch.tensor([621.0]), context.to(dtype),
                          seen[:, :channels].to(dtype),
                          conditioning_mask=seen[:, channels:].to(dtype), return_dict=False)
        tensors[f"{name}.last"] = down[-1].permute(0, 2, 3, 1).float()
        return mid.permute(0, 2, 3, 1)

    tensors[f"{name}.mid"] = compare(name, call, model)


def main():
    diffusers.logging.set_verbosity_error()
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    tensors = {}
    with torch.no_grad():
        picture_lora(tensors)
        frame_loras(tensors)
        text_lora(tensors)
        windowed(tensors, HERE.parents[1] / "data/models/starter")
        for name in SPARSE:
            sparse_file(tensors, name)
    save(OUT / "loras.safetensors", tensors)


if __name__ == "__main__":
    main()
