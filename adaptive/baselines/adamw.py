"""AdamW: a step size for every weight from its gradients' history, with weight decay apart from the gradient.

*Reference:* arXiv 1711.05101, algorithm 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch

from adaptive.baselines._rule import Draw, Slot, Units, adam_direction
from adaptive.knobs import Knob

DESCRIPTION = "AdamW"
KNOBS = {
    "lr": Knob(default=3e-3, low=1e-4, high=1e-1, log=True),
    "beta1": Knob(default=0.9, low=0.0, high=0.95, most=1.0),
    "weight_decay": Knob(default=1e-2, low=1e-4, high=1.0, log=True),
}
OPTIONS = KNOBS | {"beta2": Knob(0.999, 0.9, 0.9999, most=1.0), "eps": Knob(1e-8, 1e-10, 1e-4, log=True)}
ALIKE = True


def rule(slots: Sequence[Slot], units: Sequence[Units], draw: Draw, whole: dict[str, Any]) -> None:
    """The same step for a population."""
    for slot in slots:
        slot.p.mul_(1.0 - slot.h["lr"] * slot.h["weight_decay"])
        slot.p.sub_(slot.h["lr"] * adam_direction(slot, slot.g))


def build(
    params: Iterable[torch.nn.Parameter], *, lr: float, beta1: float = 0.9, weight_decay: float = 1e-2
) -> torch.optim.AdamW:
    """torch's own AdamW; the second moment's memory stays at 0.999."""
    return torch.optim.AdamW(params, lr=lr, betas=(beta1, 0.999), weight_decay=weight_decay)
