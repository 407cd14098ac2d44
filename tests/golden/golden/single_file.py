# SPDX-License-Identifier: GPL-3.0-or-later
"""One file a model, with the names of Stable Diffusion's own code and of OpenCLIP.

The names are made here, from diffusers' ones, and proved by diffusers: its converters turn the
files back into exactly the tensors that they were made from.
"""

import re

import torch
from diffusers import AutoencoderKL, ControlNetModel, UNet2DConditionModel
from diffusers.loaders import single_file_utils as converters
from transformers import CLIPTextConfig, CLIPTextModel

from .common import build, nhwc, rand, randn, save

# 32 groups in a norm and 8 heads are what no file says, and what all of the family have.
UNET = dict(
    sample_size=8, block_out_channels=(32, 32), layers_per_block=1, attention_head_dim=8,
    down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), cross_attention_dim=32,
    up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"))
CONTROL = dict(
    block_out_channels=(32, 32), layers_per_block=1, attention_head_dim=8,
    down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), cross_attention_dim=32,
    conditioning_embedding_out_channels=(4, 4, 8, 8))
VAE = dict(
    block_out_channels=(32, 32), layers_per_block=1, latent_channels=4, sample_size=16,
    down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2)
TEXT = dict(
    vocab_size=100, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
    num_attention_heads=1, max_position_embeddings=77, bos_token_id=98, eos_token_id=99,
    pad_token_id=99, projection_dim=32)

RESNET = {"norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1",
          "norm2": "out_layers.0", "conv2": "out_layers.3", "conv_shortcut": "skip_connection"}
UNET_WHOLE = {
    "time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2",
    "conv_in": "input_blocks.0.0", "conv_norm_out": "out.0", "conv_out": "out.2",
    "controlnet_mid_block": "middle_block_out.0",
    "controlnet_cond_embedding.conv_in": "input_hint_block.0",
    "controlnet_cond_embedding.conv_out": "input_hint_block.14"}


def ldm_unet(name, layers=1, levels=2):
    module, kind = name.rsplit(".", 1)
    if module in UNET_WHOLE:
        return f"{UNET_WHOLE[module]}.{kind}"
    if m := re.fullmatch(r"controlnet_cond_embedding\.blocks\.(\d+)", module):
        return f"input_hint_block.{2 * int(m[1]) + 2}.{kind}"
    if m := re.fullmatch(r"controlnet_down_blocks\.(\d+)", module):
        return f"zero_convs.{m[1]}.0.{kind}"
    if m := re.fullmatch(r"mid_block\.resnets\.(\d)\.(\w+)", module):
        return f"middle_block.{2 * int(m[1])}.{RESNET[m[2]]}.{kind}"
    if m := re.fullmatch(r"mid_block\.attentions\.0\.(.+)", module):
        return f"middle_block.1.{m[1]}.{kind}"
    m = re.fullmatch(r"(down|up)_blocks\.(\d)\.(\w+)\.(\d)\.(.+)", module)
    way, level, what, layer, rest = m[1], int(m[2]), m[3], int(m[4]), m[5]
    if way == "down":
        block = 1 + level * (layers + 1) + layer
        if what == "downsamplers":
            return f"input_blocks.{1 + level * (layers + 1) + layers}.0.op.{kind}"
        part = f"0.{RESNET[rest]}" if what == "resnets" else f"1.{rest}"
        return f"input_blocks.{block}.{part}.{kind}"
    block = level * (layers + 1) + layer
    if what == "upsamplers":
        has_attention = UNET["up_block_types"][level].startswith("CrossAttn")
        return f"output_blocks.{level * (layers + 1) + layers}.{1 + has_attention}.conv.{kind}"
    part = f"0.{RESNET[rest]}" if what == "resnets" else f"1.{rest}"
    return f"output_blocks.{block}.{part}.{kind}"


def ldm_vae(name, levels=2):
    name = name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
    name = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", name)
    if "mid_block.attentions.0" in name:
        for new, old in (("group_norm", "norm"), ("to_q", "q"), ("to_k", "k"), ("to_v", "v"),
                         ("to_out.0", "proj_out")):
            name = name.replace(f"mid_block.attentions.0.{new}.", f"mid.attn_1.{old}.")
    name = re.sub(r"down_blocks\.(\d)\.resnets\.(\d)", r"down.\1.block.\2", name)
    name = re.sub(r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample", name)
    name = re.sub(r"up_blocks\.(\d)\.resnets\.(\d)",
                  lambda m: f"up.{levels - 1 - int(m[1])}.block.{m[2]}", name)
    return re.sub(r"up_blocks\.(\d)\.upsamplers\.0",
                  lambda m: f"up.{levels - 1 - int(m[1])}.upsample", name)


def open_clip(weights, layers):
    """OpenCLIP's form of a text encoder's weights: query, key and value in one tensor."""
    names = {"text_model.embeddings.token_embedding.weight": "token_embedding.weight",
             "text_model.embeddings.position_embedding.weight": "positional_embedding",
             "text_model.final_layer_norm.weight": "ln_final.weight",
             "text_model.final_layer_norm.bias": "ln_final.bias"}
    tensors = {new: weights[old] for old, new in names.items()}
    for i in range(layers):
        old, new = f"text_model.encoder.layers.{i}.", f"transformer.resblocks.{i}."
        for kind in ("weight", "bias"):
            for a, b in (("layer_norm1", "ln_1"), ("layer_norm2", "ln_2"), ("mlp.fc1", "mlp.c_fc"),
                         ("mlp.fc2", "mlp.c_proj"), ("self_attn.out_proj", "attn.out_proj")):
                tensors[f"{new}{b}.{kind}"] = weights[f"{old}{a}.{kind}"]
            tensors[f"{new}attn.in_proj_{kind}"] = torch.cat(
                [weights[f"{old}self_attn.{x}_proj.{kind}"] for x in "qkv"])
    tensors["text_projection"] = torch.eye(32)
    tensors["logit_scale"] = torch.tensor(4.6)
    return tensors


def text_weights(model):
    return {"text_model." + name.removeprefix("text_model."): value
            for name, value in model.state_dict().items() if not name.endswith("position_ids")}


def prove(found, wanted, optional=()):
    for name in wanted:
        if not name.startswith(optional):
            assert torch.equal(found[name].reshape(wanted[name].shape), wanted[name]), name


def attention_as_convolutions(weights):
    """In Stable Diffusion the autoencoder's attention is made of 1x1 convolutions."""
    return {name: x[:, :, None, None] if ".attn_1." in name and x.ndim == 2 else x
            for name, x in weights.items()}


def prefixed(prefix, tensors):
    return {prefix + name: x for name, x in tensors.items()}


def make(out):
    out = out / "single-file"
    unet = build(lambda: UNet2DConditionModel(**UNET), 1000, {"conv_out.": 0.3})
    vae = build(lambda: AutoencoderKL(**VAE), 1100)
    clip = build(lambda: CLIPTextModel(CLIPTextConfig(**TEXT, hidden_act="quick_gelu")), 1200)
    # The trunk of the ControlNet is the UNet's, so that it need not be stored twice.
    control = build(lambda: ControlNetModel(**CONTROL), 1300)
    trunk = {name: x for name, x in unet.state_dict().items() if name in control.state_dict()}
    control.load_state_dict(trunk, strict=False)

    unet_ldm = prefixed("model.diffusion_model.",
                        {ldm_unet(n): x for n, x in unet.state_dict().items()})
    vae_ldm = prefixed("first_stage_model.", attention_as_convolutions(
        {ldm_vae(n): x for n, x in vae.state_dict().items()}))
    clip_ldm = prefixed("cond_stage_model.transformer.", text_weights(clip))
    control_ldm = prefixed("control_model.",
                           {ldm_unet(n): x for n, x in control.state_dict().items()})
    prove(converters.convert_ldm_unet_checkpoint(dict(unet_ldm), dict(unet.config)),
          unet.state_dict())
    prove(converters.convert_ldm_vae_checkpoint(dict(vae_ldm), dict(vae.config)), vae.state_dict())
    prove(converters.convert_ldm_clip_checkpoint(dict(clip_ldm)), text_weights(clip))
    prove(converters.convert_controlnet_checkpoint(dict(control_ldm), dict(control.config)),
          control.state_dict())

    own = {name: x for name, x in control_ldm.items()
           if name.replace("control_model.", "model.diffusion_model.") not in unet_ldm}
    save(out / "sd1.safetensors", unet_ldm | vae_ldm | clip_ldm, torch.float16)
    save(out / "control.safetensors", own, torch.float16)

    # Three layers in the file, of which Stable Diffusion 2.x uses two.
    last = build(lambda: CLIPTextModel(CLIPTextConfig(
        **(TEXT | {"num_hidden_layers": 3}), hidden_act="gelu")), 1400)
    two = CLIPTextModel(CLIPTextConfig(**TEXT, hidden_act="gelu")).eval()
    two.load_state_dict(last.state_dict(), strict=False)
    open_ldm = prefixed("cond_stage_model.model.", open_clip(text_weights(last), 3))
    prove(converters.convert_open_clip_checkpoint(last, dict(open_ldm)), text_weights(last))
    save(out / "open-clip.safetensors", open_ldm, torch.float16)

    sample, context = randn(1500, 1, 4, 8, 8), randn(1501, 1, 77, 32)
    timestep, image = torch.tensor([501.0]), rand(1502, 1, 3, 64, 64)
    picture = rand(1503, 1, 3, 16, 16) * 2 - 1
    ids = torch.randint(0, 98, (1, 77), generator=torch.Generator().manual_seed(1504))
    ids[0, 9:] = 99
    down, mid = control(sample, timestep, context, image, return_dict=False)
    controlled = unet(sample, timestep, context, down_block_additional_residuals=down,
                      mid_block_additional_residual=mid).sample
    mean = vae.encode(picture).latent_dist.mean
    save(out / "io.safetensors", {
        "sample": nhwc(sample), "timestep": timestep, "context": context, "image": nhwc(image),
        "unet": nhwc(unet(sample, timestep, context).sample), "controlled": nhwc(controlled),
        "picture": nhwc(picture), "mean": nhwc(mean), "decoded": nhwc(vae.decode(mean).sample),
        "ids": ids, "clip": clip(input_ids=ids).last_hidden_state,
        "open_clip": two(input_ids=ids).last_hidden_state})
    for path in sorted(out.glob("*.safetensors")):
        print(f"{path.name}: {path.stat().st_size} bytes")
