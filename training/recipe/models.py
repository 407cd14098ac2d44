# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts, all in forms that diffusers and transformers load by themselves."""

from pathlib import Path

import torch
from diffusers import AutoencoderTiny, ControlNetModel, MotionAdapter, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from safetensors.torch import load_file
from transformers import CLIPTextConfig, CLIPTextModel

from recipe import state
from recipe.tokenizer import END, START, Tokenizer

WEIGHTS = ("diffusion_pytorch_model.safetensors", "model.safetensors")
ATTENTION = (False, True, True)  # none at 32x32, where it costs most and says least


def autocast(device):
    """bf16 where it pays: convolutions and products, with weights kept in f32.

    Threads that share the weights must not share their copies in bf16: each belongs to a graph.
    """
    return torch.autocast(torch.device(device).type, torch.bfloat16, cache_enabled=False)


def compiled(function, config):
    """`function` as one graph where the preset says so; what cannot be compiled runs as it is."""
    if not config.compile:
        return function
    torch._dynamo.config.suppress_errors = True
    return torch.compile(function)


def warm_start(module, init, folder):
    """Takes over what the diffusers folder `init` has for this part; returns the share found."""
    path = next((p for p in (Path(init) / folder / w for w in WEIGHTS) if p.exists()), None)
    if path is None:
        return 0.0
    # Files keep the prefix that transformers 5 has dropped from its modules.
    tensors = {name.removeprefix("text_model."): t for name, t in load_file(path).items()}
    share = state.copy_overlap(module, tensors)
    print(f"{folder}: {share:.0%} of the values from {path}", flush=True)
    return share


def make_vae(config):
    """AutoencoderTiny without blocks at full resolution, where a processor drowns in memory."""
    return AutoencoderTiny(
        encoder_block_out_channels=(config.vae_channels,) * 4,
        decoder_block_out_channels=(config.vae_channels,) * 4,
        num_encoder_blocks=(0, 1, 2, 3),
        num_decoder_blocks=(3, 2, 1, 0),
        latent_channels=4,
    )


def make_text_encoder(config, tokenizer):
    vocabulary = tokenizer.vocabulary
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(vocabulary),
            hidden_size=config.text_width,
            intermediate_size=4 * config.text_width,
            num_hidden_layers=config.text_layers,
            num_attention_heads=config.text_heads,
            max_position_embeddings=config.positions,
            projection_dim=config.text_width,
            hidden_act="quick_gelu",
            bos_token_id=vocabulary[START],
            eos_token_id=vocabulary[END],
            pad_token_id=vocabulary[END],
        )
    )


def _sizes(config):
    """What UNet and ControlNets have in common."""
    return {
        "block_out_channels": config.widths,
        "layers_per_block": 1,
        "cross_attention_dim": config.text_width,
        "attention_head_dim": config.heads,
        "norm_num_groups": config.groups,
    }


def _blocks(kind, attention):
    return tuple(f"CrossAttn{kind}Block2D" if a else f"{kind}Block2D" for a in attention)


def make_unet(config):
    return UNet2DConditionModel(
        sample_size=32,
        down_block_types=_blocks("Down", ATTENTION),
        up_block_types=_blocks("Up", ATTENTION[::-1]),
        **_sizes(config),
    )


def make_controlnet(config, unet=None):
    """A branch that starts as a copy of the UNet's way down, and says nothing at first."""
    attention = ATTENTION if config.control_attention else (False,) * 3
    branch = ControlNetModel(
        down_block_types=_blocks("Down", attention),
        conditioning_embedding_out_channels=config.hint_channels,
        **_sizes(config),
    )
    if unet is not None:
        state.copy_overlap(branch, unet.state_dict())
    return branch


def learn_hints(branch, on):
    """Whether the layers of a branch learn that see its hint at full and half resolution.

    They are a quarter of a step's time on a processor, and lines are soon told from paper.
    """
    embedding = branch.controlnet_cond_embedding
    for module in (embedding.conv_in, *embedding.blocks[:4]):
        module.requires_grad_(on)


def plain_attention(model, device):
    """On a processor, attention as two products: twice as fast to learn as the fused forms."""
    if torch.device(device).type == "cpu":
        model.set_attn_processor(AttnProcessor())


def make_motion(config):
    return MotionAdapter(
        block_out_channels=config.widths,
        motion_layers_per_block=1,
        use_motion_mid_block=False,
        motion_num_attention_heads=config.heads,
        motion_norm_num_groups=config.groups,
        motion_max_seq_length=config.frames,
    )


def make_tokenizer(config, out, init, captions):
    """The vocabulary of this run: that of `init`, else made from `captions`; kept in `out`."""
    folder = out / "tokenizer"
    if not (folder / "vocab.json").exists():
        if init:
            tokenizer = Tokenizer.load(Path(init) / "tokenizer", config.positions)
        else:
            from recipe.tokenizer import train

            tokenizer = Tokenizer(train(captions(), config.merges), config.positions)
        tokenizer.save(folder)
    return Tokenizer.load(folder, config.positions)


def trained(out, part):
    """What a part left: (averaged weights by module, facts)."""
    path = out / part / "last.pt"
    if not path.exists():
        raise SystemExit(f"{path} is missing: train {part} first")
    saved = state.load(path)
    return saved["averaged"], saved["facts"]


def load_frozen(module, weights, device):
    """`module` with `weights`, on `device`, for good without gradients."""
    module.load_state_dict(weights)
    module.to(device, memory_format=torch.channels_last)
    return module.eval().requires_grad_(False)
