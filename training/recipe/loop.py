# SPDX-License-Identifier: GPL-3.0-or-later
"""The loop that every part trains in: learning rate, average, checkpoints, curves, time.

A part is an object with
    name               "vae", "base", ...
    modules            {name: nn.Module}; those with parameters that require a gradient are trained
    rate               the peak learning rate of AdamW
    muon_rate          that of Muon, or None where AdamW alone trains
    batch(step)        {name: tensor [n, ...]}, what step number `step` learns from
    loss(batch)        (scalar tensor, {name: float}), means over a batch or a share of it
    sheet(path)        draws a contact sheet with the weights as they are
and, where it has them, prepare(step) before the first step, measure() -> {name: float}, and `whole`
where a batch cannot be learned from in shares.

The learning rate warms up, stays, and falls to nothing over the last fifth of the minutes that were
given (warm-up, stable, decay). When the fall began, and over how many steps, is part of the
checkpoint. A part that has fallen can go on: --resume with more minutes rises again.
"""

import contextlib
import math
import signal
import time

import torch

from recipe import muon, state
from recipe.curves import Curves
from recipe.ema import Ema
from recipe.threads import Threads

WARM_UP = 100
FALL = 0.2  # of the minutes
SAVE_SECONDS = 180
SHEET_SECONDS = 900


class Loop:
    """Trains one part in `folder` and leaves last.pt, curve.csv, curve.png and sheets there.

    fall: True for the last fifth of the run, False for never, or over how many steps from now on.
    """

    def __init__(self, part, folder, minutes, resume=True, steps=None, fall=True, ema=0.997):
        self.part, self.folder = part, folder / part.name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.minutes, self.max_steps, self.may_fall = minutes, steps, fall is True
        self.step, self.rise_from, self.fall_from, self.fall_steps = 0, 0, None, 0
        self.curves = Curves(self.folder)
        modules = list(part.modules.values())
        self.parameters = [p for m in modules for p in m.parameters() if p.requires_grad]
        self.optimizers = muon.optimizers(part.modules, part.rate, part.muon_rate)
        self.ema = Ema(modules, ema)
        self.stopped = False
        self.seconds = 0.0  # of training, of all the processes of this run together
        self.earlier = 0.0  # what of them earlier processes spent
        if resume and self.last.exists():
            self._load()
        if fall not in (True, False) and self.fall_from is None:
            self.fall_from, self.fall_steps = self.step, fall
        self.began_at = self.step

    @property
    def last(self):
        return self.folder / "last.pt"

    def run(self):
        """Trains until the minutes, the steps or a SIGTERM end it; always leaves a checkpoint."""
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "stopped", True))
        if hasattr(self.part, "prepare"):
            self.part.prepare(self.step)
        self._clock = {"save": time.monotonic(), "sheet": 0.0}
        self.sums = {}
        self.threads = Threads(self.part.device)
        while not self._is_over():
            self._begin_fall()
            self.threads.adjust()
            began = time.monotonic()
            self._one_step()
            self._count(time.monotonic() - began)
            self._housekeeping()
        self._save()
        self._sheet()
        self._report("done")

    def _count(self, seconds):
        """Adds a step's time to what was spent; the first steps, which compile, are free, and a
        process that was stopped meanwhile is excused."""
        done = self.step - self.began_at
        if done <= 2:
            return
        usual = (self.seconds - self.earlier) / (done - 3) if done > 7 else seconds
        self.seconds += min(seconds, 10 * usual)

    def _one_step(self):
        factor = self._factor()
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
            for group in optimizer.param_groups:
                group["lr"] = factor * optimizer.defaults["lr"]
        values = self._learn(self.part.batch(self.step))
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
        self.step += 1
        self.ema.update(self.step)
        for name, value in {"gradient": norm.detach(), **values}.items():
            self.sums.setdefault(name, []).append(value)

    def _learn(self, batch):
        """Leaves the gradients of a batch; returns {name: value}, "loss" first."""

        def learn(share, part):
            loss, values = self.part.loss(share)
            loss = loss * part
            loss.backward()
            return {"loss": loss.detach(), **{name: v * part for name, v in values.items()}}

        if getattr(self.part, "whole", False):
            return learn(batch, 1.0)
        shares = self.threads.map(learn, batch)
        return {name: sum(share[name] for share in shares) for name in shares[0]}

    def _factor(self):
        up = min(1.0, (self.step - self.rise_from + 1) / WARM_UP)
        if self.fall_from is None:
            return up
        return up * max(0.0, 1 - math.sqrt((self.step - self.fall_from) / self.fall_steps))

    def _begin_fall(self):
        if not self.may_fall or self.fall_from is not None:
            return
        if self.max_steps:
            self.fall_steps = max(1, int(FALL * self.max_steps))
            if self.step >= self.max_steps - self.fall_steps:
                self.fall_from = self.step
            return
        spent = self.seconds / 60
        done = self.step - self.began_at
        if done >= 5 and spent >= (1 - FALL) * self.minutes:
            pace = done / (self.seconds - self.earlier)
            self.fall_from = self.step
            self.fall_steps = max(5, int(60 * pace * (self.minutes - spent)))

    def _is_over(self):
        if self.stopped:
            return True
        if self.max_steps and self.step >= self.max_steps:
            return True
        if self.fall_from is not None and self.step >= self.fall_from + self.fall_steps:
            return True
        return self.fall_from is None and self.seconds / 60 >= self.minutes

    def _housekeeping(self):
        now = time.monotonic()
        if self.step % 10 == 0:
            self._flush()
        if now - self._clock["save"] > SAVE_SECONDS:
            self._save()
            self._clock["save"] = time.monotonic()
        if now - self._clock["sheet"] > SHEET_SECONDS:
            self._sheet()
            self._clock["sheet"] = time.monotonic()

    def _flush(self):
        """Averages of the last steps go to the curve; tensors are read only here."""
        if not self.sums:
            return
        means = {name: sum(float(v) for v in vs) / len(vs) for name, vs in self.sums.items()}
        if not math.isfinite(means["loss"]):
            raise SystemExit(f"{self.part.name}: the loss is {means['loss']} at step {self.step}")
        self.curves.add(self.step, {**means, "rate": self.part.rate * self._factor()})
        self.sums = {}
        if self.step % 50 == 0:
            self._report(" ".join(f"{name} {value:.5g}" for name, value in means.items()))

    def _report(self, text):
        minutes = self.seconds / 60
        print(f"{self.part.name} step {self.step} {minutes:.1f} min {text}", flush=True)

    @contextlib.contextmanager
    def averaged(self):
        """Within it the modules hold the averaged weights."""
        self.ema.swap()
        try:
            yield
        finally:
            self.ema.swap()

    def _sheet(self):
        with self.averaged(), torch.no_grad():
            self.part.sheet(self.folder / f"sheet-{self.step:07d}.png")
            if hasattr(self.part, "measure"):
                figures = self.part.measure()
                self.curves.add(self.step, figures)
                self._report(" ".join(f"{name} {value:.4g}" for name, value in figures.items()))
        self.curves.write()

    def _save(self):
        self._flush()
        with self.averaged():
            averaged = {name: m.state_dict() for name, m in self.part.modules.items()}
            averaged = {n: {k: v.clone() for k, v in sd.items()} for n, sd in averaged.items()}
        state.save(
            self.last,
            {
                "step": self.step,
                "seconds": self.seconds,
                "rise_from": self.rise_from,
                "fall_from": self.fall_from,
                "fall_steps": self.fall_steps,
                "modules": {name: m.state_dict() for name, m in self.part.modules.items()},
                "averaged": averaged,
                "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
                "ema": self.ema.state_dict(),
                "facts": getattr(self.part, "facts", {}),
            },
        )
        self.curves.write()

    def _load(self):
        saved = state.load(self.last)
        if "optimizers" not in saved:  # from carry.py: averaged weights alone
            for name, module in self.part.modules.items():
                module.load_state_dict(saved["averaged"][name])
            self.ema.restart()
            return
        for name, module in self.part.modules.items():
            module.load_state_dict(saved["modules"][name])
        for optimizer, kept in zip(self.optimizers, saved["optimizers"], strict=True):
            optimizer.load_state_dict(kept)
        self.ema.load_state_dict(saved["ema"])
        self.step, self.rise_from = saved["step"], saved["rise_from"]
        self.fall_from, self.fall_steps = saved["fall_from"], saved["fall_steps"]
        self.seconds = saved["seconds"]
        if self.fall_from is not None and self.step >= self.fall_from + self.fall_steps:
            self.rise_from, self.fall_from, self.fall_steps = self.step, None, 0
            self.seconds = 0.0
        self.earlier = self.seconds
        self.curves.resume(self.step)
