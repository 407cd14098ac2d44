#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes tests/golden/motion: what diffusers answers with motion modules, LoRAs for them, SparseCtrl
and ControlNets by frame, and runs of the starter model in windows by the plain loops below.

Weights and inputs are not stored. Both sides make them from the name of the tensor, by `values`;
tests/models/motion-golden.c has the same in C.
"""

import argparse
import json
import pathlib

import diffusers
import numpy as np
import torch
import transformers
from diffusers import (AutoencoderTiny, ControlNetModel, DDIMScheduler, MotionAdapter,
                       SparseControlNetModel, UNet2DConditionModel, UNetMotionModel)
from transformers import CLIPTextModel, CLIPTokenizer

from golden.common import nmse, save, write_json

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE / "motion"
TOKENS, CONTEXT, SIDE = 9, 32, 8

ADAPTERS = {
    "v1": dict(unet="unet-sd15", positions=24, mid=False),
    "v2": dict(unet="unet-sd15", positions=32, mid=True),
    "v3": dict(unet="unet-heads", positions=32, mid=False),
}
LORA_RANK, LORA_STRENGTH, DOMAIN_STRENGTH = 4, 0.7, 0.9


def hash64(name):
    h = 0xCBF29CE484222325
    for byte in name.encode():
        h = (h ^ byte) * 0x100000001B3 % 2**64
    return h


def uniform(name, count):
    """Numbers in [-1, 1) that hang on the name alone: FNV-1a, then SplitMix64."""
    with np.errstate(over="ignore"):
        x = np.uint64(hash64(name)) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(
            0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x ^= x >> np.uint64(31)
    return 2 * ((x >> np.uint64(40)).astype(np.float64) / 2**24) - 1


def weight(name, shape):
    """As f16 has it: biases 0.17 u, norms 1 + 0.35 u, matrices of variance 1 / inputs."""
    u = uniform(name, int(np.prod(shape)))
    if name.endswith("bias"):
        u = 0.17 * u
    elif len(shape) == 1:
        u = 1 + 0.35 * u
    else:
        u = u * np.sqrt(3.0 / np.prod(shape[1:]))
    if name.startswith("starter.") and any(
            part in name for part in ("proj_out", "controlnet_down", "controlnet_mid")):
        u = u * 0.25  # a trained UNet keeps its pictures
    half = u.astype(np.float32).astype(np.float16).astype(np.float32)
    return torch.from_numpy(half.reshape(shape))


def values(name, *shape):
    """Inputs: variance 1, f32."""
    u = uniform(name, int(np.prod(shape))) * np.sqrt(3.0)
    return torch.from_numpy(u.astype(np.float32).reshape(shape))


def fill(model, file, prefix=""):
    """Weights by name; the names and shapes go to a list."""
    lines = []
    for name, tensor in model.state_dict().items():
        if name.endswith("pos_embed.pe"):
            continue
        tensor.copy_(weight(prefix + name, tuple(tensor.shape)))
        lines.append(" ".join([name, *map(str, tensor.shape)]))
    (OUT / file).write_text("\n".join(lines) + "\n")
    return model.eval().requires_grad_(False)


def load_unet(name):
    return UNet2DConditionModel.from_pretrained(HERE / name).float().eval().requires_grad_(False)


def settings(model):
    config = json.loads(model.to_json_string())
    return {key: value for key, value in config.items() if key != "_name_or_path"}


def make_adapter(name):
    case = ADAPTERS[name]
    config = UNet2DConditionModel.load_config(HERE / case["unet"])
    adapter = MotionAdapter(
        block_out_channels=config["block_out_channels"],
        motion_layers_per_block=config["layers_per_block"], motion_norm_num_groups=8,
        motion_num_attention_heads=8, motion_max_seq_length=case["positions"],
        use_motion_mid_block=case["mid"])
    fill(adapter, f"{name}.txt")
    write_json(OUT / f"{name}.json", settings(adapter))
    return adapter


def make_motion_unet(name, unet=None):
    unet = unet or load_unet(ADAPTERS[name]["unet"])
    return UNetMotionModel.from_unet2d(unet, make_adapter(name)).eval().requires_grad_(False)


def inputs(name, clips, frames, side=SIDE):
    """Latents [clips, c, frames, h, w] from NHWC values, one context a frame."""
    sample = values(f"{name}.sample", clips, frames, side, side, 4).permute(0, 4, 1, 2, 3)
    return sample, values(f"{name}.context", clips * frames, TOKENS, CONTEXT)


def rows(video):
    """[clips, c, frames, h, w] to [clips * frames, h, w, c]"""
    return video.permute(0, 2, 3, 4, 1).flatten(0, 1)


def compare(name, call, *models):
    """The answer in f32, and how far double is from it."""
    output = call(torch.float32)
    for model in models:
        model.double()
    error = nmse(output, call(torch.float64))
    for model in models:
        model.float()
    print(f"{name}: std {output.std():.3f}, f32 to f64 {error:.1e}")
    return output


def forward(model, name, clips, frames, timesteps, **more):
    sample, context = inputs(name, clips, frames)

    def call(dtype):
        return rows(model(sample.to(dtype), torch.tensor(timesteps, dtype=torch.float32),
                          context.to(dtype), **more).sample)

    return compare(name, call, model)


def modules(tensors):
    tensors["v1"] = forward(make_motion_unet("v1"), "v1", 1, 24, [981.0])
    tensors["v2"] = forward(make_motion_unet("v2"), "v2", 2, 5, [741.0, 37.0])
    tensors["v3"] = forward(make_motion_unet("v3"), "v3", 2, 7, [501.0, 120.0])
    plain = make_motion_unet("v3")
    for name, parameter in plain.named_parameters():
        if "motion_modules" in name and "proj_out" in name:
            parameter.zero_()
    sample, context = inputs("v3", 2, 7)
    without = rows(plain(sample, torch.tensor([501.0, 120.0]), context).sample)
    print(f"  v3 without motion: {nmse(without, tensors['v3']):.2f}")


def add_lora(model, pattern, file, strength):
    """W += strength up down on every attention's projection whose name has @pattern in it."""
    lines = []
    for name, parameter in model.named_parameters():
        if pattern not in name or not any(
                f".to_{k}." in name for k in ("q", "k", "v", "out")) or name.endswith("bias"):
            continue
        module = name.removesuffix(".weight")
        out, into = parameter.shape
        down = weight(f"{module}.down", (LORA_RANK, into))
        up = weight(f"{module}.up", (out, LORA_RANK))
        parameter += strength * up @ down
        lines.append(f"{module} {out} {into} {LORA_RANK}")
    (OUT / file).write_text("\n".join(lines) + "\n")


def loras(tensors):
    model = make_motion_unet("v3")
    add_lora(model, "motion_modules", "motion-lora.txt", LORA_STRENGTH)
    tensors["motion-lora"] = forward(model, "motion-lora", 1, 5, [301.0])
    model = make_motion_unet("v3")
    add_lora(model, "attentions", "domain-lora.txt", DOMAIN_STRENGTH)
    tensors["domain-lora"] = forward(model, "domain-lora", 1, 5, [301.0])


def make_sparse(name, **more):
    config = UNet2DConditionModel.load_config(HERE / "unet-heads")
    model = SparseControlNetModel(
        block_out_channels=config["block_out_channels"],
        down_block_types=("CrossAttnDownBlockMotion", "DownBlockMotion",
                          "CrossAttnDownBlockMotion"),
        layers_per_block=config["layers_per_block"],
        attention_head_dim=config["attention_head_dim"],
        cross_attention_dim=config["cross_attention_dim"],
        norm_num_groups=config["norm_num_groups"], motion_num_attention_heads=8,
        motion_max_seq_length=32, **more)
    fill(model, f"{name}.txt", f"{name}.")
    write_json(OUT / f"{name}.json", settings(model))
    return model


SPARSE = {
    "sparse-rgb": dict(conditioning_channels=4, use_simplified_condition_embedding=True),
    "sparse-scribble": dict(conditioning_channels=3, use_simplified_condition_embedding=False,
                            conditioning_embedding_out_channels=(8, 16, 16, 32)),
}
SPARSE_FRAMES, SPARSE_KEYS, SPARSE_WEIGHT = 6, (0, 4), 0.8


def sparse(tensors, name):
    """Pictures at the frames SPARSE_KEYS; elsewhere zeros, which the mask tells from black."""
    unet, model = make_motion_unet("v3"), make_sparse(name, **SPARSE[name])
    side = SIDE if name == "sparse-rgb" else SIDE * 8
    channels = SPARSE[name]["conditioning_channels"]
    pictures = values(f"{name}.pictures", len(SPARSE_KEYS), side, side, channels)
    sample, context = inputs(name, 2, SPARSE_FRAMES)
    condition = torch.zeros(1, channels, SPARSE_FRAMES, side, side)
    mask = torch.zeros(1, 1, SPARSE_FRAMES, side, side)
    condition[0, :, list(SPARSE_KEYS)] = pictures.permute(3, 0, 1, 2)
    mask[:, :, list(SPARSE_KEYS)] = 1
    timestep = torch.tensor([621.0])

    def call(dtype):
        down, mid = model(sample.to(dtype), timestep, context.to(dtype),
                          condition.repeat(2, 1, 1, 1, 1).to(dtype),
                          conditioning_mask=mask.repeat(2, 1, 1, 1, 1).to(dtype),
                          conditioning_scale=SPARSE_WEIGHT, return_dict=False)
        if dtype == torch.float32:
            tensors[f"{name}.mid"] = mid.permute(0, 2, 3, 1)
            tensors[f"{name}.last"] = down[-1].permute(0, 2, 3, 1)
        return rows(unet(sample.to(dtype), timestep, context.to(dtype),
                         down_block_additional_residuals=down,
                         mid_block_additional_residual=mid).sample)

    tensors[name] = compare(name, call, unet, model)


CONTROL_WEIGHTS = (0.0, 0.4, 1.0, 1.5)


def control(tensors):
    """controlnet-a by frame: each frame has its picture and its weight."""
    frames = len(CONTROL_WEIGHTS)
    unet = make_motion_unet("v1")
    net = ControlNetModel.from_pretrained(HERE / "controlnet-a").float().eval()
    pictures = values("control.pictures", frames, SIDE * 8, SIDE * 8, 3).permute(0, 3, 1, 2)
    weights = torch.tensor(CONTROL_WEIGHTS * 2)[:, None, None, None]
    sample, context = inputs("control", 2, frames)
    timestep = torch.tensor([441.0])

    def call(dtype):
        flat = sample.permute(0, 2, 1, 3, 4).flatten(0, 1)
        down, mid = net(flat.to(dtype), timestep, context.to(dtype),
                        torch.cat([pictures, pictures]).to(dtype), return_dict=False)
        return rows(unet(sample.to(dtype), timestep, context.to(dtype),
                         down_block_additional_residuals=[x * weights.to(dtype) for x in down],
                         mid_block_additional_residual=mid * weights.to(dtype)).sample)

    tensors["control"] = compare("control", call, unet, net)


# --- windows ---

FRAMES, LENGTH, STRIDE, OVERLAP, STEPS, CFG, SEED = 24, 8, 2, 3, 3, 3.0, 11
SIZE, CHUNK = 32, 32
# frame: the chunks of its prompt, which BREAK separates
KEYS = {0: ("red balloon",), 10: ("a green hill", "white snow"), 23: ("red balloon on sky",)}
NEGATIVE = ("blurry",)


def halving(step):
    """The bits of @step mirrored behind the point."""
    return int(f"{step:064b}"[::-1], 2) / 2**64


def looped(step, frames, length, stride, overlap):
    """AnimateDiff-CLI's `uniform` with closed_loop, but no window has a frame twice."""
    if frames <= length:
        yield list(range(frames))
        return
    for apart in (1 << k for k in range(stride)):
        if (length - 1) * apart + 1 > frames:
            break
        pad = int(round(frames * halving(step)))
        for j in range(int(halving(step) * apart) + pad, frames + pad, length * apart - overlap):
            yield [e % frames for e in range(j, j + length * apart, apart)]


def uniform_windows(step, frames, length, stride, overlap):
    """The same without going round: what would begin before the first frame or end behind the last
    one is moved inside."""
    if frames <= length:
        yield list(range(frames))
        return
    for apart in (1 << k for k in range(stride)):
        span, hop = (length - 1) * apart + 1, length * apart - overlap
        if span > frames:
            break
        first, last = -int(hop * halving(step)), None
        while last is None or last < frames - span:
            begin = min(max(first, 0), frames - span)
            if begin != last:
                yield list(range(begin, begin + span, apart))
            last, first = begin, first + hop


def pyramid(length):
    return [min(i + 1, length - i) for i in range(length)]


def contexts(model, chunks=None):
    """A prompt a frame between the keys, all brought to as many chunks as the longest has by
    empty ones."""
    tokenizer = CLIPTokenizer.from_pretrained(model / "tokenizer")
    encoder = CLIPTextModel.from_pretrained(model / "text_encoder", dtype=torch.float32).eval()
    chunks = chunks or max(map(len, KEYS.values()))
    frames = sorted(KEYS)

    def encoded(texts):
        texts = list(texts)[:chunks] + [""] * (chunks - len(texts))
        ids = tokenizer(texts, padding="max_length", max_length=CHUNK, truncation=True,
                        return_tensors="pt").input_ids
        return encoder(input_ids=ids).last_hidden_state.flatten(0, 1)

    result = []
    for i in range(FRAMES):
        low = max(f for f in frames if f <= i)
        high = min(f for f in frames if f >= i)
        part = (i - low) / (high - low) if high > low else 0.0
        result.append((1 - part) * encoded(KEYS[low]) + part * encoded(KEYS[high]))
    return encoded(NEGATIVE).expand(FRAMES, -1, -1), torch.stack(result)


def run(kind, model, folder, dtype=torch.float32, disturb=None):
    model = model.to(dtype)
    config = DDIMScheduler.load_config(folder / "scheduler")
    scheduler = DDIMScheduler.from_config(config, beta_schedule="linear")
    scheduler.set_timesteps(STEPS)
    negative, positive = (x.to(dtype) for x in contexts(folder))
    x = torch.randn(1, 4, FRAMES, SIZE // 8, SIZE // 8,
                    generator=torch.Generator().manual_seed(SEED)).to(dtype)
    for step, t in enumerate(scheduler.timesteps):
        sums, weights = torch.zeros(2, *x.shape[1:], dtype=dtype), torch.zeros(FRAMES, dtype=dtype)
        for window in kind(step, FRAMES, LENGTH, STRIDE, OVERLAP):
            part = x[:, :, window]
            output = model(torch.cat([part, part]), t,
                           torch.cat([negative[window], positive[window]])).sample
            for k, (frame, w) in enumerate(zip(window, pyramid(len(window)))):
                sums[:, :, frame] += w * output[:, :, k]
                weights[frame] += w
        output = sums / weights[None, None, :, None, None]
        if disturb:
            output = disturb(output, step)
        x = scheduler.step(output[:1] + CFG * (output[1:] - output[:1]), t, x).prev_sample
    return rows(x)


def starter_motion(folder):
    unet = UNet2DConditionModel.from_pretrained(folder / "unet").float().eval()
    config = unet.config
    adapter = MotionAdapter(
        block_out_channels=config["block_out_channels"],
        motion_layers_per_block=config["layers_per_block"],
        motion_norm_num_groups=config["norm_num_groups"], motion_num_attention_heads=8,
        motion_max_seq_length=32, use_motion_mid_block=False)
    fill(adapter, "starter.txt", "starter.")
    write_json(OUT / "starter.json", settings(adapter))
    return UNetMotionModel.from_unet2d(unet, adapter).eval().requires_grad_(False)


# --- controls of a whole run ---

CONTROL_FRAMES, CONTROL_WINDOWS, CONTROL_STEPS = 10, (6, 1, 2), 2
# pictures at some frames, each with its weight
PICTURES = {"scribble": {3: 0.5, 4: 1.0}, "starter-scribble": {0: 0.7, 8: 0.7},
            "starter-rgb": {2: 0.6}}


def image(name):
    """RGB, 0 to 255."""
    u = uniform(name, SIZE * SIZE * 3)
    return torch.from_numpy(np.floor((u + 1) * 128).reshape(SIZE, SIZE, 3).astype(np.float32))


def starter_sparse(folder, name, **more):
    config = UNet2DConditionModel.load_config(folder / "unet")
    types = [t.replace("2D", "Motion") for t in config["down_block_types"]]
    model = SparseControlNetModel(
        down_block_types=types, motion_num_attention_heads=8, motion_max_seq_length=32, **more,
        **{key: config[key] for key in ("block_out_channels", "layers_per_block", "norm_num_groups",
                                        "attention_head_dim", "cross_attention_dim")})
    fill(model, f"{name}.txt", name.replace("-", ".") + ".")
    write_json(OUT / f"{name}.json", settings(model))
    return model


def sparse_residuals(model, latents, t, context, window, pictures, weights):
    """What SparseCtrl adds in one window; @pictures are [c, h, w] by frame."""
    shape = next(iter(pictures.values())).shape
    condition = torch.zeros(1, shape[0], len(window), *shape[1:])
    mask = torch.zeros(1, 1, len(window), *shape[1:])
    for k, frame in enumerate(window):
        if frame in pictures:
            condition[0, :, k], mask[:, :, k] = pictures[frame], 1
    return model(latents, t, context, condition.repeat(2, 1, 1, 1, 1),
                 conditioning_mask=mask.repeat(2, 1, 1, 1, 1), conditioning_scale=weights,
                 return_dict=False)


def plain_residuals(model, latents, t, context, window, pictures, weights):
    flat = latents.permute(0, 2, 1, 3, 4).flatten(0, 1)
    blank = torch.zeros(3, SIZE, SIZE)
    condition = torch.stack([pictures.get(frame, blank) for frame in window] * 2)
    scale = torch.tensor([weights.get(frame, 0.0) for frame in window] * 2)[:, None, None, None]
    down, mid = model(flat, t, context, condition, return_dict=False)
    return [x * scale for x in down], mid * scale


def controlled(tensors, folder, model):
    vae = AutoencoderTiny.from_pretrained(folder / "vae").eval()
    scheduler = DDIMScheduler.from_config(DDIMScheduler.load_config(folder / "scheduler"),
                                          beta_schedule="linear")
    scheduler.set_timesteps(CONTROL_STEPS)
    pictures = {net: {frame: image(f"{net}.{frame}").permute(2, 0, 1) / 255 for frame in frames}
                for net, frames in PICTURES.items()}
    pictures["starter-rgb"] = {
        frame: (vae.encode(2 * x[None] - 1).latents * vae.config.scaling_factor)[0]
        for frame, x in pictures["starter-rgb"].items()}
    nets = {"scribble": ControlNetModel.from_pretrained(folder / "controlnet-scribble").eval(),
            "starter-scribble": starter_sparse(folder, "starter-scribble",
                                               **SPARSE["sparse-scribble"]),
            "starter-rgb": starter_sparse(folder, "starter-rgb", **SPARSE["sparse-rgb"])}
    negative, positive = (x[:1].expand(CONTROL_FRAMES, -1, -1) for x in contexts(folder, 1))
    x = torch.randn(1, 4, CONTROL_FRAMES, SIZE // 8, SIZE // 8,
                    generator=torch.Generator().manual_seed(SEED))
    for step, t in enumerate(scheduler.timesteps):
        sums, weights = torch.zeros(2, *x.shape[1:]), torch.zeros(CONTROL_FRAMES)
        length, stride, overlap = CONTROL_WINDOWS
        for window in uniform_windows(step, CONTROL_FRAMES, length, stride, overlap):
            part = torch.cat([x[:, :, window]] * 2)
            context = torch.cat([negative[window], positive[window]])
            parts = [
                plain_residuals(net, part, t, context, window, pictures[name], PICTURES[name])
                if name == "scribble" else
                sparse_residuals(net, part, t, context, window, pictures[name],
                                 next(iter(PICTURES[name].values())))
                for name, net in nets.items()]
            output = model(part, t, context,
                           down_block_additional_residuals=[sum(r) for r in zip(
                               *(down for down, _ in parts))],
                           mid_block_additional_residual=sum(mid for _, mid in parts)).sample
            for k, (frame, w) in enumerate(zip(window, pyramid(len(window)))):
                sums[:, :, frame] += w * output[:, :, k]
                weights[frame] += w
        output = sums / weights[None, None, :, None, None]
        x = scheduler.step(output[:1] + CFG * (output[1:] - output[:1]), t, x).prev_sample
    tensors["controlled"] = rows(x)
    print(f"controlled: std {x.std():.2f}")


# --- a film that is restyled ---

SOURCE_FRAMES, SOURCE_WINDOWS, SOURCE_STEPS, SOURCE_STRENGTH = 10, (6, 1, 2), 4, 0.6


def restyled(tensors, folder, model):
    """Image to image frame by frame, as AnimateDiffVideoToVideoPipeline begins: the last part of
    the steps, with motion modules in windows and without in ones of a single frame."""
    vae = AutoencoderTiny.from_pretrained(folder / "vae").eval()
    clean = torch.stack([
        vae.encode(image(f"source.{frame}").permute(2, 0, 1)[None] / 127.5 - 1).latents[0]
        * vae.config.scaling_factor for frame in range(SOURCE_FRAMES)], dim=1)[None]
    negative, positive = (x[:1].expand(SOURCE_FRAMES, -1, -1) for x in contexts(folder, 1))
    noise = torch.randn(1, 4, SOURCE_FRAMES, SIZE // 8, SIZE // 8,
                        generator=torch.Generator().manual_seed(SEED))
    plain = UNet2DConditionModel.from_pretrained(folder / "unet").float().eval()
    for name, net, more, windows in (
            ("motion", model, dict(beta_schedule="linear"), SOURCE_WINDOWS),
            ("plain", lambda x, t, c: plain(rows(x).permute(0, 3, 1, 2), t, c), {}, (1, 1, 0))):
        scheduler = DDIMScheduler.from_config(DDIMScheduler.load_config(folder / "scheduler"),
                                              **more)
        scheduler.set_timesteps(SOURCE_STEPS)
        first = SOURCE_STEPS - int(SOURCE_STEPS * SOURCE_STRENGTH)
        x = scheduler.add_noise(clean, noise, scheduler.timesteps[first])
        for step, t in enumerate(scheduler.timesteps[first:], first):
            sums, weights = torch.zeros(2, *x.shape[1:]), torch.zeros(SOURCE_FRAMES)
            for window in uniform_windows(step, SOURCE_FRAMES, *windows):
                output = net(torch.cat([x[:, :, window]] * 2), t,
                             torch.cat([negative[window], positive[window]])).sample
                if output.ndim == 4:
                    output = output[:, :, None]
                for k, (frame, w) in enumerate(zip(window, pyramid(len(window)))):
                    sums[:, :, frame] += w * output[:, :, k]
                    weights[frame] += w
            output = sums / weights[None, None, :, None, None]
            x = scheduler.step(output[:1] + CFG * (output[1:] - output[:1]), t, x).prev_sample
        tensors[f"restyled.{name}"] = rows(x)
        print(f"restyled.{name}: std {x.std():.2f}, {nmse(x, clean):.2f} from the source")


# One layer each, for a test of loading alone.
SMALL_LORAS = {
    "starter-lora.txt": "mid_block.attentions.0.transformer_blocks.0.attn2.to_v 160 128 4",
    "starter-text-lora.txt": "text_model.encoder.layers.0.self_attn.q_proj 128 128 4",
    "starter-motion-lora.txt":
        "down_blocks.1.motion_modules.0.transformer_blocks.0.attn1.to_v 128 128 4",
}


def windows(tensors, folder):
    def disturb(output, i):
        noise = torch.randn(output.shape, generator=torch.Generator().manual_seed(2000 + i))
        return output + 1e-5**0.5 * output.std() * noise

    model = starter_motion(folder)
    for name, kind in (("looped", looped), ("uniform", uniform_windows)):
        tensors[f"windows.{name}"] = run(kind, model, folder)
        wanted = tensors[f"windows.{name}"]
        noisy = nmse(run(kind, model, folder, disturb=disturb), wanted)
        error = nmse(run(kind, model, folder, torch.float64), wanted)
        model.float()
        print(f"windows.{name}: std {wanted.std():.2f}, f32 to f64 {error:.1e}, answers off by"
              f" 1e-5: {noisy:.1e}")
    controlled(tensors, folder, model)
    restyled(tensors, folder, model)
    table = [f"{name} {step} {frames} {length} {stride} {overlap}: "
             + "; ".join(" ".join(map(str, w)) for w in kind(step, frames, length, stride, overlap))
             for name, kind in (("looped", looped), ("uniform", uniform_windows))
             for step, frames, length, stride, overlap in (
                 (0, 16, 16, 1, 4), (0, 24, 8, 1, 4), (1, 24, 8, 2, 3), (2, 24, 8, 2, 3),
                 (3, 17, 16, 3, 4), (5, 40, 16, 3, 4), (6, 120, 16, 1, 0))]
    (OUT / "windows.txt").write_text("\n".join(table) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=pathlib.Path,
                        default=HERE.parents[1] / "data/models/starter")
    args = parser.parse_args()
    diffusers.logging.set_verbosity_error()
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    OUT.mkdir(exist_ok=True)
    tensors = {}
    with torch.no_grad():
        modules(tensors)
        loras(tensors)
        for name in SPARSE:
            sparse(tensors, name)
        control(tensors)
        windows(tensors, args.model)
    for name, line in SMALL_LORAS.items():
        (OUT / name).write_text(line + "\n")
    save(OUT / "io.safetensors", tensors)


if __name__ == "__main__":
    main()
