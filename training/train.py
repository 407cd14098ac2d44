# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains one part of the starter model.

    python train.py PART --out FOLDER --minutes N [--resume]

PART is vae, base, scribble, pose, depth, motion, few-step or judge. The base takes the autoencoder
from FOLDER, and the others take the base; the judge is the classifier that evaluate.py asks. A run
can be stopped at any moment and goes on with --resume.
"""

import argparse
import dataclasses
from pathlib import Path

import torch

from recipe import config as configs
from recipe import renderer
from recipe.loop import Loop
from recipe.material import Material

STOPPED = 75  # the exit status after a SIGTERM: the run is whole, but not at its end


def make_part(name, config, options):
    """The part object for `name`; imports only what it needs."""
    device = options.device
    material = Material(options.material)
    if name == "vae":
        from recipe.vae import VaePart

        return VaePart(config, material, device, options.init)
    if name == "base":
        from recipe.base import BasePart

        return BasePart(config, material, device, options.out, options.init)
    if name in ("scribble", "pose", "depth"):
        from recipe.control import ControlPart

        return ControlPart(name, config, material, device, options.out)
    if name == "motion":
        from recipe.motion import MotionPart

        return MotionPart(config, material, device, options.out)
    if name == "few-step":
        from recipe.few_step import FewStepPart

        return FewStepPart(config, material, device, options.out)
    if name == "judge":
        from recipe.judge import JudgePart

        return JudgePart(config, material, device)
    raise SystemExit(f"no part is called {name}")


def parse():
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "part", choices=["vae", "base", "scribble", "pose", "depth", "motion", "few-step", "judge"]
    )
    parser.add_argument("--out", type=Path, default=here / "out", help="folder of checkpoints")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--steps", type=int, help="stop at this step instead of after the minutes")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--no-fall", action="store_true", help="keep the learning rate up")
    parser.add_argument(
        "--fall", type=int, metavar="STEPS", help="let the learning rate fall from now on, then end"
    )
    parser.add_argument("--material", type=Path, default=here / "out/material.zip")
    parser.add_argument("--init", help="a diffusers folder to start from")
    parser.add_argument("--preset", choices=configs.PRESETS, help="gpu with CUDA, else cpu")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a field of the preset"
    )
    return parser.parse_args()


def configure(options):
    config = configs.PRESETS[options.preset or ("gpu" if options.device == "cuda" else "cpu")]
    for setting in options.set:
        name, value = setting.split("=", 1)
        kind = type(getattr(config, name))
        value = value == "True" if kind is bool else kind(value)
        config = dataclasses.replace(config, **{name: value})
    return config


def main():
    options = parse()
    config = configure(options)
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cudnn.allow_tf32 = True
    if options.device == "cpu":
        torch.backends.cuda.enable_flash_sdp(False)  # of processors too, for the text encoder
    options.out.mkdir(parents=True, exist_ok=True)
    configs.save(config, options.out)
    if config.compile:
        renderer.fuse()
    torch.manual_seed(config.seed)  # for the weights as they begin
    part = make_part(options.part, config, options)
    fall = options.fall or not options.no_fall
    loop = Loop(part, options.out, options.minutes, options.resume, options.steps, fall)
    loop.run()
    if loop.stopped:
        raise SystemExit(STOPPED)  # so that what called it does not go on to the next part


if __name__ == "__main__":
    main()
