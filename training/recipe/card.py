# SPDX-License-Identifier: GPL-3.0-or-later
"""The model card that lies beside the weights."""

HEAD = """\
# The starter model

A small latent diffusion model for pictures of 256x256, in the diffusers layout, {total:.0f} MB,
made from nothing by `training/`. It comes with Limn so that the program can draw at once.

It draws what Fluent Emoji draws, and simple solids and jointed figures: one thing or a few, on a
plain ground. It knows no photographs, no wide scenes and no writing. Prompts are English, at most
{words} tokens, in the form that its captions had: "red apple on blue", "cat, flat, on pink",
"cat left of a yellow star on green". Styles are "3d", "flat" and "line".

With a scribble it fills the drawn shapes in the colours that the prompt names, shaded, on the named
background. It is young: without a drawing most things stay shapeless, small parts and faces are
blurred, several things in one picture mix their colours, and figures follow a pose roughly.
"""
MEASURED = "What it reaches of what was wanted stands in [REPORT.md](REPORT.md).\n"
PARTS = {
    "vae": "AutoencoderTiny, {vae_channels} channels, 4 latent channels, factor 8",
    "text_encoder": "CLIP text model, width {text_width}, {text_layers} layers",
    "tokenizer": "byte-pair encoding made from the captions",
    "unet": "UNet2DCondition, widths {widths}",
    "controlnet-scribble": "white lines on black",
    "controlnet-pose": "joints in OpenPose's colours",
    "controlnet-depth": "near is white, the background black",
    "motion": "MotionAdapter, {frames} frames",
    "few-step": "LoRA of rank {lora_rank} for LCM sampling in four steps without guidance",
    "scheduler": "1,000 steps, scaled linear betas to no signal at all, {prediction}",
}
TAIL = """\
## Material and licence

Pictures of Fluent Emoji by Microsoft and names from emojibase-data by Miles Johnson, both under the
MIT licence. The model is MIT as well; the notices in [LICENSES](LICENSES) must travel with it.
"""


def text(config, sizes, steps, report):
    """sizes: {part: bytes}; steps: {part: steps trained}; report: whether there is a REPORT.md"""
    lines = [HEAD.format(total=sum(sizes.values()) / 1e6, words=config.positions - 2)]
    lines += [MEASURED] if report else []
    lines += ["## What is inside\n", "| part | form | MB |", "|---|---|---|"]
    fields = vars(config) | {"widths": ", ".join(str(width) for width in config.widths)}
    for part, form in PARTS.items():
        if part in sizes:
            lines.append(f"| `{part}` | {form.format(**fields)} | {sizes[part] / 1e6:.1f} |")
    trained = ", ".join(f"{part} {count:,}" for part, count in steps.items())
    lines += ["", f"Steps of training: {trained}.\n", TAIL]
    return "\n".join(lines)
