# SPDX-License-Identifier: GPL-3.0-or-later
"""A classifier of the emoji, with augmentation of its own, that says what a picture shows."""

import torch
import torch.nn.functional as F
from torch import nn

from recipe import compose, models, scenes, state

SIDE = 64


class Judge(nn.Module):
    """[n, 3, 64, 64] in 0..1 -> logits [n, classes]"""

    def __init__(self, classes, width=48):
        super().__init__()
        layers, last = [], 3
        for channels in (width, width * 2, width * 4, width * 6):
            layers += [
                nn.Conv2d(last, channels, 3, 2, 1, bias=False),
                nn.BatchNorm2d(channels),
                nn.ReLU(),
                nn.Conv2d(channels, channels, 3, 1, 1, bias=False),
                nn.BatchNorm2d(channels),
                nn.ReLU(),
            ]
            last = channels
        self.features = nn.Sequential(*layers)
        self.answer = nn.Linear(last, classes)

    def forward(self, pictures):
        return self.answer(self.features(pictures * 2 - 1).mean((2, 3)))


def shrink(pictures):
    return F.interpolate(pictures, (SIDE, SIDE), mode="area")


class JudgePart:
    """modules: judge. Its classes are the names of training, in the order of `codes`."""

    name = "judge"
    muon_rate = None
    whole = True  # batch normalisation wants to see all of it

    def __init__(self, config, material, device):
        self.config, self.device, self.rate = config, device, 1e-3
        self.codes = material.codes(held_out=False)
        self.class_of = {code: i for i, code in enumerate(self.codes)}
        self.material = material
        self.chooser = scenes.Chooser(material)
        self.sprites = compose.Sprites(material, device, SIDE)
        self.judge = Judge(len(self.codes), config.judge_width)
        self.judge.to(device, memory_format=torch.channels_last)
        self.modules = {"judge": self.judge}

    def batch(self, step):
        rng = state.numpy_rng(self.config.seed, "judge", step)
        chosen = [self.chooser.scene(rng, "one") for _ in range(self.config.judge_batch)]
        pictures, _ = compose.render(scenes.collate(chosen), self.sprites)
        pictures = self._disturb(pictures, rng)
        rows = [self.material.rows[scene.things[0].row]["code"] for scene in chosen]
        # A style may have names that 3d lacks; they count as no class.
        labels = torch.tensor([self.class_of.get(code, -100) for code in rows]).to(self.device)
        return {"pictures": pictures, "labels": labels}

    def loss(self, batch):
        labels = batch["labels"]
        with models.autocast(self.device):
            logits = self.judge(batch["pictures"])
        loss = F.cross_entropy(logits.float(), labels, label_smoothing=0.05)
        top = logits.detach().topk(5).indices
        return loss, {"top5": (top == labels[:, None]).any(1).float().mean()}

    def _disturb(self, pictures, rng):
        """Brightness, a tint, blur and noise: what a made picture may differ in"""
        n = len(pictures)

        def lot(low, high, channels=1):
            values = rng.uniform(low, high, (n, channels, 1, 1)).astype("float32")
            return torch.from_numpy(values).to(self.device)

        soft = F.avg_pool2d(pictures, 3, 1, 1, count_include_pad=False)
        pictures = torch.lerp(pictures, soft, lot(0, 1))
        pictures = pictures * lot(0.8, 1.15) * lot(0.85, 1.1, 3)
        noise = torch.from_numpy(rng.standard_normal(pictures.shape, dtype="float32"))
        return (pictures + noise.to(self.device) * lot(0, 0.06)).clamp(0, 1)

    @torch.no_grad()
    def recognises(self, pictures, codes, top=5):
        """For each picture whether its code is among the first `top` answers: [n] bool"""
        self.judge.eval()
        order = self.judge(shrink(pictures.to(self.device))).topk(top).indices.cpu()
        wanted = torch.tensor([self.class_of[code] for code in codes])
        return (order == wanted[:, None]).any(1)

    def sheet(self, path):
        """A classifier has nothing to show."""
