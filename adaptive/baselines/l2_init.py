"""L2 Init: every weight is pulled to where it began, which keeps a network as able to learn as it was at birth.

    g <- g + strength (w - w0),   then a step of SGD

*Reference:* regenerative regularization, arXiv 2308.11958, equation 1 (loss + strength / 2 |w - w0|^2).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch

from adaptive.baselines._rule import Draw, RuleOptimizer, Slot, Units, descend
from adaptive.knobs import Knob

DESCRIPTION = "SGD with a pull to the initial weights"
REFERENCE = "arXiv 2308.11958"
BUFFERS = 2
KNOBS = {
    "lr": Knob(0.03, 1e-3, 1.0, log=True),
    "strength": Knob(1e-2, 1e-5, 1e-1, log=True),
    "momentum": Knob(0.0, 0.0, 0.95, most=1.0),
}
OPTIONS = KNOBS
ALIKE = True


def rule(slots: Sequence[Slot], units: Sequence[Units], draw: Draw, whole: dict[str, Any]) -> None:
    """The pull is part of the gradient, as the gradient of its term in the loss."""
    for slot in slots:
        if "start" not in slot.state:
            slot.state["start"] = slot.p.clone()
        descend(slot, slot.g + slot.h["strength"] * (slot.p - slot.state["start"]))


class L2Init(RuleOptimizer):
    """See the head of this file."""

    RULE, OPTIONS = staticmethod(rule), OPTIONS


def build(params: Iterable[torch.nn.Parameter], *, lr: float, **options: Any) -> L2Init:
    """The optimizer; ``w0`` is where the weights are at the first step."""
    return L2Init(params, lr=lr, **options)
