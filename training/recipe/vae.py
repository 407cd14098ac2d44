# SPDX-License-Identifier: GPL-3.0-or-later
"""The autoencoder: AutoencoderTiny's form, factor 8, 256x256 pictures to 32x32x4 latents."""

import torch
import torch.nn.functional as F

from recipe import compose, models, scenes, sheets, state


class VaePart:
    """Trains on crops of composed scenes; measures on pictures that training never sees."""

    name = "vae"
    muon_rate = None

    def __init__(self, config, material, device, init=None):
        self.config, self.device = config, device
        self.rate = config.vae_rate
        self.vae = models.make_vae(config)
        if init:
            models.warm_start(self.vae, init, "vae")
        self.vae.to(device, memory_format=torch.channels_last)
        self.modules = {"vae": self.vae}
        self.chooser = scenes.Chooser(material)
        self.held_out = scenes.Chooser(material, held_out=True)
        self.sprites = compose.Sprites(material, device)
        self.forward = models.compiled(self._forward, config)
        self._evaluation = None

    def _forward(self, pixels):
        """pixels [n, 3, h, w] in -1..1 -> latents [n, 4, h/8, w/8], pixels again"""
        latents = self.vae.encode(pixels).latents
        return latents, self.vae.decode(latents).sample

    def batch(self, step):
        return {"pixels": self._crops(step)}

    def loss(self, batch):
        pixels = batch["pixels"]
        with models.autocast(self.device):
            latents, result = self.forward(pixels)
        latents, result = latents.float(), result.float()
        difference = result - pixels
        l1, mse = difference.abs().mean(), difference.square().mean()
        coarse = F.avg_pool2d(difference, 8).abs().mean()
        edges = (difference[..., 1:] - difference[..., :-1]).abs().mean() + (
            difference[..., 1:, :] - difference[..., :-1, :]
        ).abs().mean()
        mean, spread = latents.mean((0, 2, 3)), latents.std((0, 2, 3))
        pull = mean.square().mean() + (spread - 0.5).square().mean()
        loss = l1 + 4 * mse + 0.5 * edges + coarse + 0.01 * pull
        psnr = -10 * torch.log10(mse.detach() / 4)
        return loss, {"psnr": psnr, "spread": spread.detach().mean()}

    def _crops(self, step):
        """[batch, 3, crop, crop] in -1..1, two from each of batch / 2 scenes"""
        n, crop = self.config.vae_batch, self.config.vae_crop
        rng = state.numpy_rng(self.config.seed, "vae", step)
        batch = scenes.collate([self.chooser.scene(rng) for _ in range(n // 2)])
        pictures, _ = compose.render(batch, self.sprites)
        corners = rng.integers(0, compose.SIZE - crop + 1, (n, 2))
        crops = [
            pictures[i // 2, :, y : y + crop, x : x + crop] for i, (y, x) in enumerate(corners)
        ]
        return torch.stack(crops).mul(2).sub(1).contiguous(memory_format=torch.channels_last)

    def _held_out_pixels(self, count=24):
        if self._evaluation is None:
            rng = state.numpy_rng("held out", "vae")
            batch = scenes.collate([self.held_out.scene(rng) for _ in range(count)])
            self._evaluation = compose.render(batch, self.sprites)[0].mul(2).sub(1)
        return self._evaluation

    def measure(self):
        """Mean PSNR in dB over whole held-out pictures, and the latents' spread."""
        values, latents = [], []
        for pixels in self._held_out_pixels().split(8):
            with models.autocast(self.device):
                z, result = self._forward(pixels)
            z, result = z.float(), result.float()
            error = (result.clamp(-1, 1) - pixels).square().mean((1, 2, 3)) / 4
            values.append(-10 * torch.log10(error))
            latents.append(z)
        latents = torch.cat(latents)
        self.facts = {"scaling_factor": float(1 / latents.std())}
        return {"held_out_psnr": float(torch.cat(values).mean()), "std": float(latents.std())}

    def sheet(self, path):
        pixels = self._held_out_pixels()[:12]
        _, result = self._forward(pixels)
        rows = torch.stack([pixels[:6], result[:6], pixels[6:], result[6:]])
        sheets.save(path, rows / 2 + 0.5)
