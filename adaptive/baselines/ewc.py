"""Elastic weight consolidation for a stream: weights that mattered are held near where they have been of late.

    F <- b F + (1 - b) g^2;   c <- b c + (1 - b) w;   both corrected for their start by 1 - b^t
    w <- w - lr (g + strength F (w - c))

F is the diagonal of the empirical Fisher information on what was *trained* on; no task boundaries and no test data are used.

*Reference:* arXiv 1612.00796, equation 3; online form arXiv 1805.06370, with running averages in the place of tasks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch

from adaptive.baselines._rule import Draw, RuleOptimizer, Slot, Units
from adaptive.knobs import Knob

DESCRIPTION = "SGD with online elastic weight consolidation"
REFERENCE = "arXiv 1612.00796"
BUFFERS = 2
KNOBS = {
    "lr": Knob(0.03, 1e-3, 1.0, log=True),
    "strength": Knob(1.0, 1e-3, 1e3, log=True),
    "memory": Knob(0.999, 0.9, 0.9999, most=0.999999),
}
OPTIONS = KNOBS
ALIKE = True


def rule(slots: Sequence[Slot], units: Sequence[Units], draw: Draw, whole: dict[str, Any]) -> None:
    """The averages take in the gradient and the weights of before the step."""
    for slot in slots:
        state, h = slot.state, slot.h
        if "fisher" not in state:
            state |= {"fisher": torch.zeros_like(slot.p), "center": torch.zeros_like(slot.p), "age": 0}
        state["age"] += 1
        known = 1.0 - h["memory"] ** state["age"]
        state["fisher"].mul_(h["memory"]).add_((1.0 - h["memory"]) * slot.g.square())
        state["center"].mul_(h["memory"]).add_((1.0 - h["memory"]) * slot.p)
        pull = state["fisher"] / known * (slot.p - state["center"] / known)
        slot.p.sub_(h["lr"] * (slot.g + h["strength"] * pull))


class EWC(RuleOptimizer):
    """See the head of this file."""

    RULE, OPTIONS = staticmethod(rule), OPTIONS


def build(params: Iterable[torch.nn.Parameter], *, lr: float, **options: Any) -> EWC:
    """The optimizer."""
    return EWC(params, lr=lr, **options)
