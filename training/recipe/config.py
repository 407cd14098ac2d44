# SPDX-License-Identifier: GPL-3.0-or-later
"""Sizes and settings. "starter" is the model that ships; "tiny" is for the smoke test."""

import dataclasses
import json
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Config:
    """Everything that decides what a run does, but for its length and its folder."""

    seed: int = 7
    compile: bool = False

    # UNet, ControlNets, motion module
    widths: tuple = (64, 128, 160)
    groups: int = 16
    heads: int = 4
    hint_channels: tuple = (16, 32, 64, 96)
    control_attention: bool = False  # cross attention in the branches' way down as well
    prediction: str = "v_prediction"
    zero_snr: bool = True
    frames: int = 16

    # text encoder
    text_width: int = 128
    text_layers: int = 3
    text_heads: int = 4
    positions: int = 32
    merges: int = 3000

    # autoencoder
    vae_channels: int = 64
    vae_batch: int = 16
    vae_crop: int = 128
    vae_rate: float = 1.5e-4

    # diffusion
    batch: int = 24
    rate: float = 4e-4
    muon_rate: float = 1e-3
    pool: int = 12288  # encoded samples kept
    pool_first: int = 600  # before the first step
    renew: int = 3  # made anew each step
    hint_steps: int = 1500  # after which the base's branch sees its hints as it does
    rendered: float = 0.08  # of the base's samples; the others are emoji
    renew_rendered: int = 1  # the same where all samples are rendered, which takes long
    films: int = 512  # encoded films kept
    films_first: int = 64
    film_every: int = 4  # steps, after which one is made anew
    film_batch: int = 2
    lora_rank: int = 8  # all parts of the model together stay below 48 MB
    lora_rate: float = 2e-4
    judge_batch: int = 48
    judge_width: int = 48
    supersample: int = 2  # rays across a pixel of rendered scenes
    sample_steps: int = 20
    guidance: float = 4.0


CPU = Config()
# A large GPU: samples are cheap there, steps are not.
GPU = replace(
    CPU,
    compile=True,
    hint_channels=(8, 16, 32, 64),
    vae_batch=128,
    vae_rate=1e-3,
    batch=512,
    rate=1e-3,
    muon_rate=3e-3,
    hint_steps=1 << 30,
    pool=65536,
    pool_first=16384,
    renew=64,
    renew_rendered=64,
    rendered=0.2,
    films=2048,
    films_first=768,
    film_every=1,
    film_batch=32,
    judge_batch=256,
    lora_rank=12,
)
TINY = replace(
    CPU,
    widths=(16, 32, 32),
    groups=4,
    heads=2,
    hint_channels=(4, 8, 8, 8),
    text_width=32,
    text_layers=1,
    text_heads=2,
    merges=100,
    vae_channels=16,
    vae_batch=4,
    vae_crop=64,
    batch=4,
    pool=32,
    pool_first=8,
    renew=2,
    frames=4,
    films=4,
    films_first=2,
    lora_rank=2,
    rendered=0.3,
    supersample=1,
    judge_batch=4,
    judge_width=8,
    sample_steps=2,
)
PRESETS = {"cpu": CPU, "gpu": GPU, "tiny": TINY}


def save(config, run):
    """Keeps the settings of a run in its folder, for export and evaluation."""
    (run / "config.json").write_text(json.dumps(dataclasses.asdict(config), indent=2) + "\n")


def load(run):
    values = json.loads((run / "config.json").read_text())
    return Config(**{n: tuple(v) if isinstance(v, list) else v for n, v in values.items()})
