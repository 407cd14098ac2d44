# SPDX-License-Identifier: GPL-3.0-or-later
"""Line drawings of composed scenes, as a hand might draw them: white on black."""

import math

import torch
import torch.nn.functional as F

SIZE = 256


def gauss(pictures, sigma):
    """pictures [n, c, h, w], blurred"""
    radius = math.ceil(2.5 * sigma)
    line = torch.arange(-radius, radius + 1, device=pictures.device, dtype=pictures.dtype)
    kernel = torch.exp(-line.square() / (2 * sigma * sigma))
    kernel /= kernel.sum()
    c = pictures.shape[1]
    padded = F.pad(pictures, (radius,) * 4, mode="replicate")
    across = F.conv2d(padded, kernel.view(1, 1, 1, -1).expand(c, 1, 1, -1), groups=c)
    return F.conv2d(across, kernel.view(1, 1, -1, 1).expand(c, 1, -1, 1), groups=c)


def _slope(pictures):
    """Largest Sobel magnitude over the channels: [n, 1, h, w]"""
    c = pictures.shape[1]
    x = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]], device=pictures.device) / 4
    kernel = torch.stack([x, x.T])[:, None].repeat(c, 1, 1, 1)
    slopes = F.conv2d(F.pad(pictures, (1,) * 4, mode="replicate"), kernel, groups=c)
    n, _, h, w = slopes.shape
    return slopes.view(n, c, 2, h, w).square().sum(2).amax(1, keepdim=True).sqrt()


def _ridges(slope, threshold):
    """Where the slope is steep and about the steepest around: lines of one to three pixels"""
    return ((slope > threshold) & (slope > 0.92 * F.max_pool2d(slope, 3, 1, 1))).float()


def edges(pictures, sigma=1.2, threshold=0.06):
    """All edges of pictures: [n, 3, h, w] in 0..1 -> [n, 1, h, w] of 0 and 1; no chance in it"""
    return _ridges(_slope(gauss(pictures, sigma)), threshold)


def _coarse(rng, n, cells, device):
    """Smooth random fields in 0..1: [n, 1, 256, 256]"""
    noise = torch.from_numpy(rng.random((n, 1, cells, cells), dtype="float32")).to(device)
    return F.interpolate(noise, (SIZE, SIZE), mode="bicubic", align_corners=False)


def _thicken(lines, pixels):
    """Dilation by a disc-like square, smoothed: pixels is odd"""
    return F.max_pool2d(lines, pixels, 1, pixels // 2) if pixels > 1 else lines


def _wobble(lines, rng, amount):
    """Shifts the line smoothly by about `amount` pixels: [n, 1, 256, 256]"""
    n, device = len(lines), lines.device
    shift = torch.cat([_coarse(rng, n, 12, device), _coarse(rng, n, 12, device)], 1) - 0.5
    shift = shift * (4 * amount.view(-1, 1, 1, 1) / SIZE)
    still = torch.eye(2, 3, device=device).expand(n, 2, 3)
    at = F.affine_grid(still, lines.shape, align_corners=False) + shift.permute(0, 2, 3, 1)
    return F.grid_sample(lines, at, align_corners=False)


def draw(rng, pictures, alphas):
    """Scribbles of scenes. pictures [n, 3, 256, 256] in 0..1, alphas [n, k, 256, 256].

    Each is drawn with lots of its own: how many inner lines, how thick, how shaky, how complete.
    Returns [n, 1, 256, 256] of 0 and 1.
    """
    n, device = len(pictures), pictures.device

    def lot(low, high):
        values = rng.uniform(low, high, (n, 1, 1, 1)).astype("float32")
        return torch.from_numpy(values).to(device)

    inner = edges(pictures, float(rng.choice([1.0, 1.5, 2.2])), lot(0.03, 0.14))
    outline = _ridges(_slope(gauss(alphas, 1.0)), 0.15)
    lines = torch.where(lot(0, 1) < 0.25, outline, torch.maximum(inner, outline))
    lines = _wobble(lines, rng, lot(0, 2.5)) > 0.3
    lines = lines.float()
    kept = _coarse(rng, n, 9, device) > lot(-0.6, 0.35)
    lines = lines * kept
    thick = lot(0, 1)
    wide = torch.where(thick < 0.5, _thicken(lines, 3), _thicken(lines, 5))
    wide = torch.where(thick > 0.85, _thicken(lines, 7), wide)
    return torch.where(thick < 0.12, lines, wide)


def pack(lines):
    """[n, 1, 256, 256] of 0 and 1 -> [n, 8192] uint8, eight pixels a byte"""
    bits = lines.view(len(lines), -1, 8).byte()
    weights = torch.tensor([1, 2, 4, 8, 16, 32, 64, 128], device=bits.device, dtype=torch.uint8)
    return (bits * weights).sum(-1, dtype=torch.uint8)


def unpack(packed):
    """[n, 8192] uint8 -> [n, 3, 256, 256] in 0..1, softened as a pen's edge is"""
    shifts = torch.arange(8, device=packed.device, dtype=torch.uint8)
    lines = ((packed[..., None] >> shifts) & 1).view(-1, 1, SIZE, SIZE).float()
    return F.avg_pool2d(lines, 3, 1, 1).mul(1.5).clamp(max=1).expand(-1, 3, -1, -1)
