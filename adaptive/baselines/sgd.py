"""Stochastic gradient descent with momentum and weight decay: the plain optimizer, which is hard to beat when tuned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch

from adaptive.baselines._rule import Draw, Slot, Units, descend
from adaptive.knobs import Knob

DESCRIPTION = "SGD with momentum and weight decay"
KNOBS = {
    "lr": Knob(default=0.03, low=1e-3, high=1.0, log=True),
    "momentum": Knob(default=0.9, low=0.0, high=0.95, most=1.0),
    "weight_decay": Knob(default=1e-4, low=1e-6, high=1e-2, log=True),
}
OPTIONS = KNOBS
ALIKE = True


def rule(slots: Sequence[Slot], units: Sequence[Units], draw: Draw, whole: dict[str, Any]) -> None:
    """The same step for a population."""
    for slot in slots:
        descend(slot, slot.g)


def build(
    params: Iterable[torch.nn.Parameter], *, lr: float, momentum: float = 0.9, weight_decay: float = 1e-4
) -> torch.optim.SGD:
    """torch's own SGD."""
    return torch.optim.SGD(params, lr=lr, momentum=momentum, weight_decay=weight_decay)
