"""Optimizers of torch with a learning-rate schedule inside, so that an arm of a race can have one.

``plan(steps)`` is called once, by whoever knows how long the life will be. The factor of the schedule acts within a step and is
taken back after it, so ``lr`` stays what the user set.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch


class MissingPlan(RuntimeError):
    """A schedule was not told how many steps there will be."""


def cosine(share: float) -> float:
    """From 1 down to 0 as half a cosine wave; ``share`` of the life is over. *Reference:* arXiv 1608.03983, equation 5."""
    return 0.5 * (1.0 + math.cos(math.pi * share))


def one_cycle(share: float, *, rise: float = 0.3, start: float = 1 / 25, end: float = 1e-4 / 25) -> float:
    """From ``start`` up to 1 in the first ``rise`` of the life, then down to ``end``. *Reference:* arXiv 1708.07120."""
    if share < rise:
        return 1.0 + (start - 1.0) * cosine(share / rise)
    return end + (1.0 - end) * cosine((share - rise) / (1.0 - rise))


class Scheduled(torch.optim.Optimizer):
    """A mixin before an optimizer of torch: its learning rates times ``SHAPE`` of the share of the life that is over."""

    SHAPE: Callable[[float], float]

    def plan(self, steps: int) -> None:
        """There will be ``steps`` steps in all; beyond them the last factor stays.

        Raises:
            ValueError: fewer than one step.
        """
        if steps < 1:
            raise ValueError(f"a plan needs at least 1 step, not {steps}")
        for group in self.param_groups:
            group |= {"planned": int(steps), "taken": group.get("taken", 0)}

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step at the scheduled rate.

        Raises:
            MissingPlan: ``plan`` was not called.
        """
        usual = [group["lr"] for group in self.param_groups]
        for group in self.param_groups:
            if "planned" not in group:
                raise MissingPlan("call optimizer.plan(steps) once before step()")
            group["lr"] = group["lr"] * type(self).SHAPE(min(group["taken"] / group["planned"], 1.0))
        # torch wraps the step of every class whose optimizers it makes with hooks; those of this class have fired already.
        plain: Any = super().step.__func__  # type: ignore[attr-defined]
        plain = plain.__wrapped__ if getattr(plain, "hooked", False) else plain
        try:
            return plain(self, closure)
        finally:
            for group, lr in zip(self.param_groups, usual, strict=True):
                group["lr"] = lr
                group["taken"] += 1
