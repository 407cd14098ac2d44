# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what a run has trained as a diffusers folder, in f16.

    python export.py --run FOLDER --out FOLDER

Parts that the run lacks are left out; vae and base must be there. The folder is written beside its
place and renamed.
"""

import argparse
import json
import shutil
from pathlib import Path

import torch
from diffusers import DDIMScheduler
from safetensors.torch import save_file

from recipe import card, lora, models, state
from recipe import config as configs
from recipe.licences import NOTICES
from recipe.tokenizer import Tokenizer

PARTS = ("vae", "base", "scribble", "pose", "depth", "motion", "few-step")
LIMIT = 48e6  # bytes in all
PIPELINE = {
    "_class_name": "StableDiffusionPipeline",
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderTiny"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "scheduler": ["diffusers", "DDIMScheduler"],
    "safety_checker": [None, None],
    "feature_extractor": [None, None],
    "requires_safety_checker": False,
}


def half(tensors):
    """Floating tensors as contiguous f16; no view keeps a larger one alive."""
    return {
        name: tensor.to(torch.float16).contiguous().clone()
        for name, tensor in tensors.items()
        if tensor.is_floating_point()
    }


def write_module(module, weights, folder):
    """A diffusers module: its config and its weights."""
    module.load_state_dict(weights)
    folder.mkdir(parents=True)
    module.save_config(folder)
    save_file(half(module.state_dict()), folder / "diffusion_pytorch_model.safetensors")


def write_text_encoder(module, weights, folder):
    """CLIP's text model, under the names that every version of transformers reads."""
    module.load_state_dict(weights)
    folder.mkdir(parents=True)
    config = module.config.to_diff_dict()
    config |= {"architectures": ["CLIPTextModel"], "model_type": "clip_text_model"}
    for name in ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
                 "max_position_embeddings", "vocab_size", "hidden_act", "projection_dim",
                 "layer_norm_eps", "bos_token_id", "eos_token_id", "pad_token_id"):  # fmt: skip
        config[name] = getattr(module.config, name)
    (folder / "config.json").write_text(json.dumps(config, indent=2))
    tensors = {f"text_model.{name}": t for name, t in half(module.state_dict()).items()}
    save_file(tensors, folder / "model.safetensors")


def write_scheduler(config, folder):
    DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=True,
        steps_offset=0,
        prediction_type=config.prediction,
        rescale_betas_zero_snr=config.zero_snr,
        timestep_spacing="trailing",
    ).save_config(folder)


def write_motion(config, weights, unet, folder):
    """The temporal layers as a MotionAdapter."""
    from recipe.motion import motion_modules, motion_unet

    model = motion_unet(config, unet)
    torch.nn.ModuleList(motion_modules(model)).load_state_dict(weights)
    adapter = models.make_motion(config)
    tensors = model.state_dict()
    write_module(adapter, {name: tensors[name] for name in adapter.state_dict()}, folder)


def export(run, config, out, report=None):
    """Writes the folder; returns its size in bytes by part."""
    temporary = out.with_name(out.name + ".new")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    tokenizer = Tokenizer.load(run / "tokenizer", config.positions)
    tokenizer.save(temporary / "tokenizer")
    weights, facts = models.trained(run, "vae")
    vae = models.make_vae(config)
    vae.register_to_config(scaling_factor=facts["scaling_factor"])
    write_module(vae, weights["vae"], temporary / "vae")
    weights, _ = models.trained(run, "base")
    unet = models.make_unet(config)
    write_module(unet, weights["unet"], temporary / "unet")
    text_encoder = models.make_text_encoder(config, tokenizer)
    write_text_encoder(text_encoder, weights["text_encoder"], temporary / "text_encoder")
    branches = {"scribble": weights["scribble"]}
    for name in ("scribble", "pose", "depth"):
        if (run / name / "last.pt").exists():
            branches[name] = models.trained(run, name)[0][name]
    for name, branch in branches.items():
        folder = temporary / f"controlnet-{name}"
        write_module(models.make_controlnet(config), branch, folder)
    if (run / "motion/last.pt").exists():
        motion = models.trained(run, "motion")[0]["motion"]
        write_motion(config, motion, unet, temporary / "motion")
    if (run / "few-step/last.pt").exists():
        (temporary / "few-step").mkdir()
        adapters = models.trained(run, "few-step")[0]["lora"]
        path = temporary / "few-step/pytorch_lora_weights.safetensors"
        save_file(half(lora.tensors(adapters)), path)
    write_scheduler(config, temporary / "scheduler")
    (temporary / "model_index.json").write_text(json.dumps(PIPELINE, indent=2))
    (temporary / "LICENSES").write_text(NOTICES)
    sizes = {
        part.name: sum(f.stat().st_size for f in part.rglob("*") if f.is_file())
        for part in sorted(temporary.iterdir())
        if part.is_dir()
    }
    checkpoints = {name: run / name / "last.pt" for name in PARTS}
    steps = {n: state.load(path)["step"] for n, path in checkpoints.items() if path.exists()}
    if report:
        for name in ("REPORT.md", "gallery.webp"):
            shutil.copy(report / name, temporary / name)
    card_text = card.text(config, sizes, steps, bool(report))
    (temporary / "README.md").write_text(card_text)
    if out.exists():
        shutil.rmtree(out)
    temporary.rename(out)
    return sizes


def main():
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, default=here / "out")
    parser.add_argument("--out", type=Path, default=here / "out/export")
    parser.add_argument("--report", type=Path, help="the folder of evaluate.py's REPORT.md")
    options = parser.parse_args()
    sizes = export(options.run, configs.load(options.run), options.out, options.report)
    for name, size in sizes.items():
        print(f"{name:24} {size / 1e6:6.2f} MB")
    total = sum(sizes.values())
    print(f"{'in all':24} {total / 1e6:6.2f} MB")
    if total > LIMIT:
        raise SystemExit(f"{total / 1e6:.1f} MB is more than {LIMIT / 1e6:.0f}")


if __name__ == "__main__":
    main()
