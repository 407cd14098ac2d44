# SPDX-License-Identifier: GPL-3.0-or-later
"""A ray caster for simple shaded scenes: solids on a ground under a light, with exact depth.

Scenes go through it a batch at a time, on whatever device trains. World axes: x right, y up, z
towards the camera of a front view; lengths in metres; the ground is y = 0.
"""

from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F

from recipe.scribble import gauss

SIZE = 256
FAR = 1e6
KINDS = ("capsule", "cylinder", "cone", "box")
ROW = 13  # a [3], b [3] (of a box: half its sizes), radius, yaw, colour [3], gloss, in use


@dataclass
class Camera:
    """Looks from `eye` to `target`; `field` is the tangent of half the angle of view."""

    eye: np.ndarray
    target: np.ndarray
    field: float = 0.35
    roll: float = 0.0
    shift: tuple = (0.0, 0.0)  # of the picture, in halves of it

    def axes(self):
        """Right, up, forward: [3, 3]"""
        forward = self.target - self.eye
        forward = forward / np.linalg.norm(forward)
        right = np.cross(forward, [0.0, 1.0, 0.0])
        right /= np.linalg.norm(right)
        up = np.cross(right, forward)
        c, s = np.cos(self.roll), np.sin(self.roll)
        return np.stack([c * right + s * up, c * up - s * right, forward])

    def project(self, points):
        """World points [n, 3] to picture coordinates [n, 2], -1 to 1, y downwards"""
        local = (points - self.eye) @ self.axes().T
        flat = local[:, :2] / (local[:, 2:] * self.field)
        return np.stack([flat[:, 0] + self.shift[0], -flat[:, 1] + self.shift[1]], -1)


@dataclass
class World:
    """What is to be rendered. rows: {kind: list of rows of ROW numbers}"""

    camera: Camera
    background: np.ndarray
    light: np.ndarray
    rows: dict = field(default_factory=lambda: {kind: [] for kind in KINDS})

    def add(self, kind, a, b, radius, colour, yaw=0.0, gloss=0.25):
        self.rows[kind].append([*a, *b, radius, yaw, *colour, gloss, 1.0])


def _dot(a, b):
    return (a * b).sum(-1)


def _sphere(origin, ray, centre, radius):
    """Nearest distance along rays of unit length, FAR for a miss"""
    oc = origin - centre
    b = _dot(oc, ray)
    h = b * b - _dot(oc, oc) + radius * radius
    t = -b - h.clamp(min=0).sqrt()
    return torch.where((h > 0) & (t > 1e-3), t, FAR)


def _tube(origin, ray, a, b, radius):
    """The mantle of a cylinder from a to b: distance and place along the axis, 0 to |b - a|^2"""
    ba, oa = b - a, origin - a
    baba, bard, baoa = _dot(ba, ba), _dot(ba, ray), _dot(ba, oa)
    rdoa, oaoa = _dot(ray, oa), _dot(oa, oa)
    qa = (baba - bard * bard).clamp(min=1e-9)
    qb = baba * rdoa - baoa * bard
    qc = baba * oaoa - baoa * baoa - radius * radius * baba
    h = qb * qb - qa * qc
    t = (-qb - h.clamp(min=0).sqrt()) / qa
    along = baoa + t * bard
    ok = (h > 0) & (along > 0) & (along < baba) & (t > 1e-3)
    return torch.where(ok, t, FAR)


def _capsule(origin, ray, row):
    a, b, radius = row[..., :3], row[..., 3:6], row[..., 6]
    t = _tube(origin, ray, a, b, radius)
    t = torch.minimum(t, _sphere(origin, ray, a, radius))
    t = torch.minimum(t, _sphere(origin, ray, b, radius))
    point = origin + t[..., None] * ray
    ba = b - a
    h = (_dot(point - a, ba) / _dot(ba, ba).clamp(min=1e-9)).clamp(0, 1)
    return t, point - a - h[..., None] * ba


def _disc(origin, ray, centre, axis, radius):
    """A disc about `centre` across `axis` of unit length"""
    slant = _dot(ray, axis)
    slant = torch.where(slant.abs() < 1e-6, torch.full_like(slant, 1e-6), slant)
    t = _dot(centre - origin, axis) / slant
    point = origin + t[..., None] * ray - centre
    return torch.where((_dot(point, point) < radius * radius) & (t > 1e-3), t, FAR)


def _cylinder(origin, ray, row):
    a, b, radius = row[..., :3], row[..., 3:6], row[..., 6]
    axis = F.normalize(b - a, dim=-1)
    mantle = _tube(origin, ray, a, b, radius)
    top = _disc(origin, ray, b, axis, radius)
    bottom = _disc(origin, ray, a, axis, radius)
    t = torch.minimum(mantle, torch.minimum(top, bottom))
    point = origin + t[..., None] * ray - a
    round_normal = point - _dot(point, axis)[..., None] * axis
    flat_normal = torch.where((top < bottom)[..., None], axis, -axis)
    return t, torch.where((mantle <= t)[..., None], round_normal, flat_normal)


def _cone(origin, ray, row):
    """Base about a with the radius, tip at b"""
    a, tip, radius = row[..., :3], row[..., 3:6], row[..., 6]
    axis = F.normalize(a - tip, dim=-1)
    height = (a - tip).norm(dim=-1).clamp(min=1e-6)
    cos2 = height * height / (height * height + radius * radius)
    co = origin - tip
    dv, cv = _dot(ray, axis), _dot(co, axis)
    qa = dv * dv - cos2
    qb = dv * cv - _dot(ray, co) * cos2
    qc = cv * cv - _dot(co, co) * cos2
    h = (qb * qb - qa * qc).clamp(min=0).sqrt()
    qa = torch.where(qa.abs() < 1e-6, torch.full_like(qa, 1e-6), qa)
    best = torch.full_like(dv, FAR)
    for sign in (-1, 1):
        t = (-qb + sign * h) / qa
        along = cv + t * dv
        ok = (h > 0) & (along > 0) & (along < height) & (t > 1e-3)
        best = torch.minimum(best, torch.where(ok, t, FAR))
    base = _disc(origin, ray, a, axis, radius)
    t = torch.minimum(best, base)
    point = origin + t[..., None] * ray - tip
    slope = point - (_dot(point, point) / _dot(point, axis).clamp(min=1e-6))[..., None] * axis
    return t, torch.where((best <= base)[..., None], slope, axis.expand_as(slope))


def _turn(v, yaw):
    c, s = yaw.cos(), yaw.sin()
    x, y, z = v.unbind(-1)
    across = c * x - s * z
    return torch.stack([across, y.expand_as(across), s * x + c * z], -1)


def _box(origin, ray, row):
    """A box about a with the half sizes b, turned by its yaw about the upright axis"""
    centre, half, yaw = row[..., :3], row[..., 3:6], row[..., 7]
    o, d = _turn(origin - centre, -yaw), _turn(ray, -yaw)
    d = torch.where(d.abs() < 1e-6, torch.full_like(d, 1e-6), d)
    low, high = (-half - o) / d, (half - o) / d
    enter = torch.minimum(low, high)
    near, far = enter.amax(-1), torch.maximum(low, high).amin(-1)
    t = torch.where((near < far) & (near > 1e-3), near, FAR)
    side = (enter >= near[..., None] - 1e-6).float() * -d.sign()
    return t, _turn(side, yaw)


HITS = {"capsule": _capsule, "cylinder": _cylinder, "cone": _cone, "box": _box}


def fuse():
    """Compiles what most of the time goes into: some sixty small operations become one."""
    HITS["capsule"] = torch.compile(_capsule, dynamic=True)


def _tables(worlds, device):
    """{kind: [b, k, ROW]}, padded with rows that are not in use"""
    tables = {}
    for kind in KINDS:
        k = max(len(world.rows[kind]) for world in worlds)
        table = np.zeros((len(worlds), k, ROW), np.float32)
        table[..., 3] = 1e-3
        for i, world in enumerate(worlds):
            if world.rows[kind]:
                table[i, : len(world.rows[kind])] = world.rows[kind]
        tables[kind] = torch.from_numpy(table).to(device)
    return tables


def _trace(tables, origin, ray, shade=True):
    """First hit: distance [b, p], and with `shade` its normal, colour and gloss."""
    best = torch.full(ray.shape[:-1], FAR, device=ray.device)
    normal, paint = torch.zeros_like(ray), torch.zeros(*ray.shape[:-1], 4, device=ray.device)
    for kind, table in tables.items():
        for k in range(table.shape[1]):
            row = table[:, k, None]
            t, n = HITS[kind](origin, ray, row)
            t = torch.where(row[..., 12] > 0, t, FAR)
            closer = t < best
            best = torch.where(closer, t, best)
            if shade:
                normal = torch.where(closer[..., None], n, normal)
                paint = torch.where(closer[..., None], row[..., 8:12], paint)
    return best, F.normalize(normal, dim=-1), paint


def _window(worlds, fine):
    """Rows and columns of the fine picture outside which none of `worlds` shows anything."""
    low, high = [], []
    for world in worlds:
        box = [(row[:3], float(np.linalg.norm(row[3:6]))) for row in world.rows["box"]]
        other = [row for kind in KINDS if kind != "box" for row in world.rows[kind]]
        ends = box + [(end, row[6]) for row in other for end in (row[:3], row[3:6])]
        points = np.array([point for point, _ in ends])
        away = np.linalg.norm(points - world.camera.eye, axis=1)
        # A quarter more than the radius, for the slant at the edge of the picture.
        reach = 1.25 * np.array([radius for _, radius in ends]) / (away * world.camera.field)
        flat = world.camera.project(points)
        low.append((flat - reach[:, None]).min(0))
        high.append((flat + reach[:, None]).max(0))
    x0, y0 = np.floor((np.min(low, 0) + 1) / 2 * fine).clip(0, fine - 1).astype(int)
    x1, y1 = np.ceil((np.max(high, 0) + 1) / 2 * fine).clip(1, fine).astype(int)
    return slice(y0, max(y1, y0 + 1)), slice(x0, max(x1, x0 + 1))


def _trace_window(tables, origin, ray, window):
    """_trace() of the rays in a window; the others miss."""
    b, fine = len(ray), round(ray.shape[1] ** 0.5)
    rows, columns = window
    part = ray.view(b, fine, fine, 3)[:, rows, columns]
    shape = part.shape[1:3]
    found = _trace(tables, origin, part.reshape(b, -1, 3))
    whole = []
    for values, empty in zip(found, (FAR, 0.0, 0.0), strict=True):
        full = torch.full((b, fine, fine, *values.shape[2:]), empty, device=ray.device)
        full[:, rows, columns] = values.view(b, *shape, *values.shape[2:])
        whole.append(full.flatten(1, 2))
    return whole


def _rays(worlds, size, device):
    """Eyes [b, 1, 3], unit rays [b, p, 3], and how far along forward a unit goes [b, p]"""
    eyes = np.stack([w.camera.eye for w in worlds]).astype(np.float32)
    axes = np.stack([w.camera.axes() for w in worlds]).astype(np.float32)
    line = (torch.arange(size, device=device) * 2 + 1) / size - 1
    shift = torch.tensor([w.camera.shift for w in worlds], device=device, dtype=torch.float32)
    scale = torch.tensor([w.camera.field for w in worlds], device=device, dtype=torch.float32)
    x = (line[None, None, :] - shift[:, 0, None, None]) * scale[:, None, None]
    y = -(line[None, :, None] - shift[:, 1, None, None]) * scale[:, None, None]
    x, y = x.expand(-1, size, -1), y.expand(-1, -1, size)
    local = torch.stack([x, y, torch.ones_like(x)], -1).flatten(1, 2)
    ray = local @ torch.from_numpy(axes).to(device)
    length = ray.norm(dim=-1)
    return torch.from_numpy(eyes).to(device)[:, None], ray / length[..., None], 1 / length


def _pool(values, size, factor):
    """[b, p, c] or [b, p] of the fine picture -> [b, c, size, size]"""
    values = values if values.dim() == 3 else values[..., None]
    fine = values.transpose(1, 2).reshape(len(values), -1, size * factor, size * factor)
    return F.avg_pool2d(fine, factor) if factor > 1 else fine


def render_many(worlds, device, factor=2):
    """render() in batches that fit: (pictures, depth, cover)"""
    size = 32 if torch.device(device).type == "cuda" else 2
    parts = [render(worlds[i : i + size], device, factor) for i in range(0, len(worlds), size)]
    return tuple(torch.cat(part) for part in zip(*parts, strict=True))


@torch.no_grad()
def render(worlds, device, factor=2):
    """Worlds to pictures, with factor x factor rays a pixel.

    Returns pictures [b, 3, 256, 256] in 0..1; depth [b, 1, 256, 256], 1 / distance scaled so that
    the nearest point is 1 and the farthest 0.25, 0 for the background; cover [b, 1, 256, 256].
    """
    fine = SIZE * factor
    tables = _tables(worlds, device)
    origin, ray, forward = _rays(worlds, fine, device)
    t, normal, paint = _trace_window(tables, origin, ray, _window(worlds, fine))
    hit = t < FAR / 2
    light = torch.tensor(np.stack([w.light for w in worlds]), dtype=torch.float32, device=device)
    light = F.normalize(light, dim=-1)[:, None]
    ground = _ground_shadow(worlds, tables, light, hit.view(-1, fine, fine))
    back = torch.tensor(np.stack([w.background for w in worlds]), dtype=torch.float32)
    back = back.to(device)[:, None] * (1 - 0.4 * ground[..., None])
    colour = torch.where(hit[..., None], _shade(ray, normal, paint, light), back)
    distance = torch.where(hit, t * forward, FAR)
    near = distance.amin(1, keepdim=True)
    far = torch.where(hit, distance, 0.0).amax(1, keepdim=True)
    span = (1 / near - 1 / far).clamp(min=1e-6)
    depth = torch.where(hit, 0.25 + 0.75 * (1 / distance - 1 / far) / span, 0.0)
    cover = _pool(hit.float(), SIZE, factor)
    # The depth of pixels that an outline cuts is that of the object alone.
    depth = _pool(depth, SIZE, factor) / cover.clamp(min=0.25) * (cover > 0.3)
    return _pool(colour, SIZE, factor).clamp(0, 1), depth.clamp(0, 1), cover


def _shade(ray, normal, paint, light):
    """Soft light from the lamp, the sky and the ground, with a highlight: [b, p, 3]"""
    facing = _dot(normal, light)
    soft = (facing * 0.5 + 0.5).square()
    sky = normal[..., 1] * 0.5 + 0.5
    half = F.normalize(light - ray, dim=-1)
    shine = _dot(normal, half).clamp(min=0) ** 24 * paint[..., 3]
    rim = (1 + _dot(normal, ray)).clamp(0, 1) ** 3 * 0.25
    colour = paint[..., :3] * (0.30 + 0.62 * soft + 0.16 * sky)[..., None]
    return colour + (shine + rim * soft)[..., None] * 0.8


def _ground_shadow(worlds, tables, light, hit):
    """How much of the lamp is hidden where the ground is seen, softened.

    hit: [b, fine, fine], where something stands before the ground. Returns [b, fine * fine]
    """
    b, fine = hit.shape[:2]
    origin, ray, _ = _rays(worlds, SIZE, hit.device)
    down = ray[..., 1]
    t = torch.where(down < -1e-4, -origin[..., 1] / down.clamp(max=-1e-4), FAR)
    point = origin + t.clamp(max=40)[..., None] * ray
    hidden, _, _ = _trace(tables, point, light.expand_as(ray), shade=False)
    free = F.interpolate((~hit[:, None]).float(), (SIZE, SIZE), mode="area")
    seen = (t < 40).view(b, 1, SIZE, SIZE) * free
    shadow = (hidden < FAR / 2).view(b, 1, SIZE, SIZE) * seen
    pair = gauss(torch.cat([shadow, seen], 1), 2.0)
    soft = pair[:, :1] / pair[:, 1:].clamp(min=1e-3)
    return F.interpolate(soft, (fine, fine), mode="bilinear").view(b, -1).clamp(0, 1)
