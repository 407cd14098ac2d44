# SPDX-License-Identifier: GPL-3.0-or-later
"""The models one by one: text encoder, UNets, ControlNets, autoencoders."""

import json

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, ControlNetModel, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

from .common import Tap, build, nhwc, nmse, rand, randn, save, save_diffusers, write_json

SCALES = (0.7, 1.3)

UNETS = {
    # Stable Diffusion 1.5's shape in small: "attention_head_dim" is the number of heads.
    "unet-sd15": dict(
        sample_size=16,
        block_out_channels=(16, 16, 32, 32),
        down_block_types=("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
        up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
        layers_per_block=2,
        attention_head_dim=4,
        cross_attention_dim=32,
        norm_num_groups=8,
    ),
    "unet-heads": dict(
        sample_size=16,
        block_out_channels=(16, 24, 32),
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D", "CrossAttnUpBlock2D"),
        layers_per_block=1,
        attention_head_dim=[2, 3, 4],
        cross_attention_dim=32,
        norm_num_groups=8,
    ),
    # Stable Diffusion 2.x: linear projections, as many heads a level as the list says.
    "unet-linear": dict(
        sample_size=16,
        block_out_channels=(16, 32, 32),
        down_block_types=("CrossAttnDownBlock2D",) * 2 + ("DownBlock2D",),
        up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 2,
        layers_per_block=1,
        attention_head_dim=[2, 4, 8],
        cross_attention_dim=32,
        norm_num_groups=8,
        use_linear_projection=True,
    ),
}
SEEDS = {"unet-sd15": 100, "unet-heads": 200, "unet-linear": 300}
CONTROL_SEEDS = {"controlnet-a": 400, "controlnet-b": 500}


def make_unet(name):
    # The random network answers with 0.3 or so, which keeps whole sampling runs tame.
    return build(lambda: UNet2DConditionModel(**UNETS[name]), SEEDS[name], {"conv_out.": 0.3})


def make_control(name):
    sd15 = UNETS["unet-sd15"]
    keys = ("block_out_channels", "down_block_types", "layers_per_block", "attention_head_dim",
            "cross_attention_dim", "norm_num_groups")
    config = {key: sd15[key] for key in keys}
    config["conditioning_embedding_out_channels"] = (8, 16, 16, 32)
    return build(lambda: ControlNetModel(**config), CONTROL_SEEDS[name])


def double_error(model, call, wanted):
    """How far f32 is from double, as a report."""
    model.double()
    error = nmse(wanted, call(torch.float64))
    model.float()
    return error


def clip(out, name, hidden_act):
    config = CLIPTextConfig(
        vocab_size=600, hidden_size=32, intermediate_size=128, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=77, hidden_act=hidden_act,
        bos_token_id=598, eos_token_id=599, pad_token_id=599, projection_dim=32)
    config.architectures = ["CLIPTextModel"]
    model = build(lambda: CLIPTextModel(config), 10)
    ids = torch.randint(0, 598, (2, 77), generator=torch.Generator().manual_seed(12))
    ids[:, 0] = 598
    ids[0, 76] = 599
    ids[1, 9:] = 599
    text = getattr(model, "text_model", model)
    taps = {"embeddings": text.embeddings, "layer0": text.encoder.layers[0]}
    with Tap(taps) as seen:
        hidden = model(input_ids=ids).last_hidden_state
    save(out / name / "io.safetensors", {"ids": ids, **seen, "last_hidden_state": hidden})

    settings = json.loads(config.to_json_string(use_diff=False))
    wanted = ("architectures", "attention_dropout", "bos_token_id", "dropout", "eos_token_id",
              "hidden_act", "hidden_size", "initializer_factor", "initializer_range",
              "intermediate_size", "layer_norm_eps", "max_position_embeddings", "model_type",
              "num_attention_heads", "num_hidden_layers", "pad_token_id", "projection_dim",
              "vocab_size")
    settings = {key: settings[key] for key in wanted if key in settings}
    write_json(out / name / "config.json", settings)
    weights = {"text_model." + key.removeprefix("text_model."): value
               for key, value in model.state_dict().items() if not key.endswith("position_ids")}
    save(out / name / "model.safetensors", weights)
    error = double_error(model, lambda dtype: model(input_ids=ids).last_hidden_state, hidden)
    print(f"{name}: std {hidden.std():.3f}, f32 to f64 {error:.1e}")


def unet_case(model, seed, n, h, w, tokens, timesteps, taps=()):
    sample = randn(seed, n, 4, h, w)
    context = randn(seed + 1, n, tokens, 32)
    timestep = torch.tensor(timesteps, dtype=torch.float32)

    def call(dtype):
        return model(sample.to(dtype), timestep, context.to(dtype)).sample

    with Tap(dict(taps)) as seen:
        output = call(torch.float32)
    error = double_error(model, call, output)
    tensors = {"sample": nhwc(sample), "timestep": timestep, "context": context,
               "output": nhwc(output)}
    tensors |= {key: nhwc(x) if x.ndim == 4 else x for key, x in seen.items()}
    return tensors, error


def unet(out, name):
    model = make_unet(name)
    taps = {"conv_in": model.conv_in, "time_embedding": model.time_embedding,
            "down0": model.down_blocks[0], "mid": model.mid_block}
    tensors, error = unet_case(model, SEEDS[name] + 10, 2, 16, 16, 77, [981.0, 37.0], taps)
    report = {key: round(float(x.std()), 3) for key, x in tensors.items()}
    if name == "unet-sd15":
        odd, odd_error = unet_case(model, SEEDS[name] + 20, 1, 18, 10, 21, [501.0])
        tensors |= {"odd_" + key: x for key, x in odd.items()}
        error = max(error, odd_error)
    save(out / name / "io.safetensors", tensors)
    save_diffusers(out / name, model, torch.float16)
    print(f"{name}: {report}, f32 to f64 {error:.1e}, {model.num_parameters()} parameters")


def conditions():
    """A drawing of white lines on black, and a smooth map with all values: [1, 3, 128, 128]."""
    y, x = torch.meshgrid(torch.arange(128.0), torch.arange(128.0), indexing="ij")
    ring = ((x - 70).hypot(y - 58) - 37).abs() < 2.5
    line = (y - 0.5 * x - 20).abs() < 3
    a = (ring | line).float().expand(1, 3, 128, 128)
    coarse = rand(601, 1, 3, 8, 8)
    b = torch.nn.functional.interpolate(coarse, size=(128, 128), mode="bilinear")
    return a, (b * 255).round() / 255


def control_pair(out, unet_name="unet-sd15"):
    unet_model = make_unet(unet_name)
    branches = [make_control(name) for name in CONTROL_SEEDS]
    sample, context = randn(610, 2, 4, 16, 16), randn(611, 2, 77, 32)
    timestep = torch.tensor([741.0, 120.0])
    images = conditions()

    def residuals(model, image, dtype):
        image = image.expand(2, 3, 128, 128).to(dtype)
        return model(sample.to(dtype), timestep, context.to(dtype), image, return_dict=False)

    def call(dtype):
        parts = [residuals(model, image, dtype) for model, image in zip(branches, images)]
        down = [sum(s * x for s, x in zip(SCALES, level)) for level in zip(*(p[0] for p in parts))]
        mid = sum(s * p[1] for s, p in zip(SCALES, parts))
        return parts[0], unet_model(sample.to(dtype), timestep, context.to(dtype),
                                    down_block_additional_residuals=down,
                                    mid_block_additional_residual=mid).sample

    (down, mid), output = call(torch.float32)
    plain = unet_model(sample, timestep, context).sample
    save(out / "control.safetensors", {
        "sample": nhwc(sample), "timestep": timestep, "context": context,
        "cond_a": nhwc(images[0]), "cond_b": nhwc(images[1]), "scales": torch.tensor(SCALES),
        "a_down0": nhwc(down[0]), "a_down_last": nhwc(down[-1]), "a_mid": nhwc(mid),
        "output": nhwc(output)})
    for name, model in zip(CONTROL_SEEDS, branches):
        save_diffusers(out / name, model, torch.float16)
    stds = [round(float(x.std()), 3) for x in (*down, mid)]
    for model in (unet_model, *branches):
        model.double()
    print(f"control: residuals {stds}, output {output.std():.3f},"
          f" without {nmse(plain, output):.2f},"
          f" f32 to f64 {nmse(output, call(torch.float64)[1]):.1e},"
          f" {branches[0].num_parameters()} parameters")


def vae_kl(out):
    model = build(lambda: AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3,
        block_out_channels=(16, 16, 24), layers_per_block=1, norm_num_groups=8,
        latent_channels=4, sample_size=32), 700)
    picture = rand(710, 1, 3, 32, 48) * 2 - 1
    latents = randn(711, 1, 4, 8, 12)
    posterior = model.encode(picture).latent_dist
    decoded = model.decode(latents).sample
    save(out / "vae-kl" / "io.safetensors", {
        "picture": nhwc(picture), "mean": nhwc(posterior.mean), "logvar": nhwc(posterior.logvar),
        "latents": nhwc(latents), "decoded": nhwc(decoded)})
    save_diffusers(out / "vae-kl", model, torch.float16)
    e1 = double_error(model, lambda d: model.encode(picture.to(d)).latent_dist.mean, posterior.mean)
    e2 = double_error(model, lambda d: model.decode(latents.to(d)).sample, decoded)
    print(f"vae-kl: mean {posterior.mean.std():.3f}, logvar {posterior.logvar.min():.1f} to"
          f" {posterior.logvar.max():.1f}, decoded {decoded.std():.3f}, f32 to f64"
          f" {e1:.1e} {e2:.1e}")


def vae_tiny(out):
    model = build(lambda: AutoencoderTiny(
        encoder_block_out_channels=(16,) * 4, decoder_block_out_channels=(16,) * 4,
        num_encoder_blocks=(0, 1, 2, 3), num_decoder_blocks=(3, 3, 3, 1),
        scaling_factor=1.5), 800, rounding=torch.bfloat16)
    picture = rand(810, 1, 3, 40, 56) * 2 - 1
    latents = 3 * randn(811, 1, 4, 5, 7)
    encoded = model.encode(picture).latents
    decoded = model.decode(latents).sample
    save(out / "vae-tiny" / "io.safetensors", {
        "picture": nhwc(picture), "latents_encoded": nhwc(encoded), "latents": nhwc(latents),
        "decoded": nhwc(decoded)})
    save_diffusers(out / "vae-tiny", model, torch.bfloat16)
    e1 = double_error(model, lambda d: model.encode(picture.to(d)).latents, encoded)
    e2 = double_error(model, lambda d: model.decode(latents.to(d)).sample, decoded)
    print(f"vae-tiny: encoded {encoded.std():.3f}, latents to {latents.abs().max():.1f}, decoded"
          f" {decoded.std():.3f} ({decoded.min():.2f} to {decoded.max():.2f}), f32 to f64"
          f" {e1:.1e} {e2:.1e}")


def make(out):
    clip(out, "clip", "quick_gelu")
    clip(out, "clip-gelu", "gelu")
    for name in UNETS:
        unet(out, name)
    control_pair(out)
    vae_kl(out)
    vae_tiny(out)
