"""AdamW with a learning rate that falls as half a cosine wave: the usual recipe of deep learning.

*Reference:* arXiv 1608.03983; torch's own AdamW. The arm is told how long its life is, as every arm of a race may know.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch

from adaptive.baselines._rule import Draw, Slot, Units, adam_direction
from adaptive.baselines._schedule import Scheduled, cosine
from adaptive.knobs import Knob

DESCRIPTION = "AdamW, cosine schedule"
REFERENCE = "arXiv 1608.03983"
KNOBS = {
    "lr": Knob(default=3e-3, low=1e-4, high=1e-1, log=True),
    "beta1": Knob(default=0.9, low=0.0, high=0.95, most=1.0),
    "weight_decay": Knob(default=1e-2, low=1e-4, high=1.0, log=True),
}
OPTIONS = KNOBS | {"beta2": Knob(0.999, 0.9, 0.9999, most=1.0), "eps": Knob(1e-8, 1e-10, 1e-4, log=True)}
ALIKE = True


def rule(slots: Sequence[Slot], units: Sequence[Units], draw: Draw, whole: dict[str, Any]) -> None:
    """The same step for a population."""
    factor = cosine(min((whole["step"] - 1) / whole["steps"], 1.0))
    for slot in slots:
        rate = slot.h["lr"] * factor
        slot.p.mul_(1.0 - rate * slot.h["weight_decay"])
        slot.p.sub_(rate * adam_direction(slot, slot.g))


class CosineAdamW(Scheduled, torch.optim.AdamW):
    """See the head of this file. Call ``plan(steps)`` once."""

    SHAPE = staticmethod(cosine)


def build(params: Iterable[torch.nn.Parameter], *, lr: float, beta1: float = 0.9, weight_decay: float = 1e-2) -> CosineAdamW:
    """The optimizer; call its ``plan(steps)`` once."""
    return CosineAdamW(params, lr=lr, betas=(beta1, 0.999), weight_decay=weight_decay)
