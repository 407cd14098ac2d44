# SPDX-License-Identifier: GPL-3.0-or-later
"""Encoded samples for the diffusion parts: emoji in composed scenes, and rendered ones.

Each class makes block j of samples as {field: tensor [block, ...]}, a function of j alone.
"""

import numpy as np
import torch
import torch.nn.functional as F

from recipe import compose, figure, models, openpose, renderer, scenes, scribble, solids, state

DEPTH_SIZE = 128


class Samples:
    """What all kinds share: latents, masks of what stands before the background, tokens."""

    kind = "scenes"
    extra = {}

    def __init__(self, config, material, tokenizer, vae, scale, device):
        self.config, self.device, self.vae, self.scale = config, device, vae, scale
        self.tokenizer, self.material = tokenizer, material
        self.chooser = scenes.Chooser(material)
        self.sprites = compose.Sprites(material, device)
        self.fields = {
            "latents": ((4, 32, 32), np.float16),
            "masks": ((32, 32), np.uint8),
            "tokens": ((config.positions,), np.int64),
            **self.extra,
        }

    def tokens(self, captions):
        """[n, positions] int64"""
        return torch.tensor([self.tokenizer.encode(caption) for caption in captions])

    def encode(self, pictures):
        """[n, 3, 256, 256] in 0..1 -> latents [n, 4, 32, 32] f16 of unit spread"""
        pixels = pictures.mul(2).sub(1).contiguous(memory_format=torch.channels_last)
        with models.autocast(self.device):
            latents = torch.cat([self.vae.encode(part).latents for part in pixels.split(64)])
        return (latents.float() * self.scale).half()

    @torch.inference_mode()
    def __call__(self, j):
        rng = state.numpy_rng(self.config.seed, self.kind, j)
        pictures, cover, captions, extra = self.make(rng, self.config.renew)
        mask = F.avg_pool2d(cover.amax(1, keepdim=True), 8)[:, 0]
        return {
            "latents": self.encode(pictures),
            "masks": mask.mul(255).byte(),
            "tokens": self.tokens(captions),
            **extra,
        }

    def composed(self, rng, count):
        """Emoji scenes: pictures [n, 3, h, w], cover [n, k, h, w], captions"""
        chosen = [self.chooser.scene(rng) for _ in range(count)]
        pictures, alphas = compose.render(scenes.collate(chosen), self.sprites)
        return pictures, alphas, [scene.caption for scene in chosen]

    def rendered(self, worlds):
        """renderer.render() of many worlds: pictures, depth, cover"""
        return renderer.render_many(worlds, self.device, self.config.supersample)

    def mixed(self, rng, count, share):
        """composed() with about `share` of the scenes rendered; also depth [n, 1, h, w]"""
        rendered = min(int(rng.binomial(count, share)), count - 1)
        pictures, alphas, captions = self.composed(rng, count - rendered)
        depth = domes(rng, alphas)
        cover = alphas.amax(1, keepdim=True)
        if rendered:
            drawn = [draw_world(rng) for _ in range(rendered)]
            more = self.rendered([world for world, _ in drawn])
            pictures, depth, cover = (
                torch.cat(pair) for pair in zip((pictures, depth, cover), more, strict=True)
            )
            captions += ["" if rng.random() < scenes.EMPTY else words for _, words in drawn]
        return pictures, cover, captions, depth


def draw_world(rng):
    """A figure or some solids: (World, caption)"""
    if rng.random() < 0.6:
        return figure.scene(rng)[:2]
    return solids.scene(rng)


def domes(rng, alphas):
    """A depth for pictures that have none: their outlines, swollen, each at a level of its own.

    alphas [n, k, 256, 256] -> [n, 1, 256, 256]
    """
    wide = F.interpolate(alphas, scale_factor=0.25, mode="area")
    dome = sum(scribble.gauss(wide, sigma) for sigma in (2.0, 4.0, 8.0)) / 3
    dome = F.interpolate(dome, scale_factor=4.0, mode="bilinear")
    level = torch.from_numpy(rng.uniform(0.4, 1, (*alphas.shape[:2], 1, 1)).astype(np.float32))
    level = level.to(alphas)
    return ((alphas > 0.5) * level * (0.65 + 0.35 * dome)).amax(1, keepdim=True)


class SceneSamples(Samples):
    """For the base: scenes with their scribbles."""

    extra = {"hints": ((8192,), np.uint8)}

    def make(self, rng, count):
        pictures, cover, captions, _ = self.mixed(rng, count, self.config.rendered)
        hints = scribble.pack(scribble.draw(rng, pictures, cover))
        return pictures, cover, captions, {"hints": hints}

    @staticmethod
    def unpack(hints):
        return scribble.unpack(hints)


class PoseSamples(Samples):
    """Figures with their joints."""

    kind = "figures"
    extra = {"hints": ((18, 3), np.float32)}

    def make(self, rng, count):
        drawn = [figure.scene(rng) for _ in range(count)]
        pictures, _, cover = self.rendered([world for world, _, _ in drawn])
        joints = [openpose.flat_joints(at, world.camera) for world, _, at in drawn]
        captions = ["" if rng.random() < 0.2 else words for _, words, _ in drawn]
        return pictures, cover, captions, {"hints": torch.from_numpy(np.stack(joints))}

    @staticmethod
    def unpack(hints):
        return openpose.draw(hints)


class DepthSamples(Samples):
    """Rendered scenes with their depth, emoji with a swollen one: 1 is near, 0 the background."""

    kind = "depths"
    extra = {"hints": ((DEPTH_SIZE, DEPTH_SIZE), np.uint8)}

    def make(self, rng, count):
        pictures, cover, captions, depth = self.mixed(rng, count, 0.6)
        small = F.avg_pool2d(depth, 2)[:, 0].mul(255).round().byte()
        return pictures, cover, captions, {"hints": small}

    @staticmethod
    def unpack(hints):
        depth = F.interpolate(hints[:, None].float() / 255, scale_factor=2.0, mode="bilinear")
        return depth.expand(-1, 3, -1, -1)
