"""Memory aware synapses for a stream: weights to which the network is sensitive are held near where they have been of late.

    F <- b F + (1 - b) |g|;   c <- b c + (1 - b) w;   both corrected for their start by 1 - b^t
    w <- w - lr (g + strength F (w - c))

The source takes the gradient of the squared length of the network's *output*, which needs no labels, and adds it up over the
samples of a task. Here g is the gradient of the *loss* on what is trained on, as every optimizer has it, and running averages
stand in the place of tasks: no task boundaries, no further pass, no test data.

*Reference:* arXiv 1711.09601, equations 2 to 4 (importance as a mean of absolute gradients, and its penalty).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch

from adaptive.baselines._rule import Draw, RuleOptimizer, Slot, Units
from adaptive.knobs import Knob

DESCRIPTION = "SGD with online memory aware synapses"
REFERENCE = "arXiv 1711.09601"
BUFFERS = 2
KNOBS = {
    "lr": Knob(0.03, 1e-3, 1.0, log=True),
    "strength": Knob(0.1, 1e-3, 1e2, log=True),
    "memory": Knob(0.999, 0.9, 0.9999, most=0.999999),
}
OPTIONS = KNOBS
ALIKE = True


def rule(slots: Sequence[Slot], units: Sequence[Units], draw: Draw, whole: dict[str, Any]) -> None:
    """The averages take in the gradient and the weights of before the step."""
    for slot in slots:
        state, h = slot.state, slot.h
        if "importance" not in state:
            state |= {"importance": torch.zeros_like(slot.p), "center": torch.zeros_like(slot.p), "age": 0}
        state["age"] += 1
        known = 1.0 - h["memory"] ** state["age"]
        state["importance"].mul_(h["memory"]).add_((1.0 - h["memory"]) * slot.g.abs())
        state["center"].mul_(h["memory"]).add_((1.0 - h["memory"]) * slot.p)
        pull = state["importance"] / known * (slot.p - state["center"] / known)
        slot.p.sub_(h["lr"] * (slot.g + h["strength"] * pull))


class MAS(RuleOptimizer):
    """See the head of this file."""

    RULE, OPTIONS = staticmethod(rule), OPTIONS


def build(params: Iterable[torch.nn.Parameter], *, lr: float, **options: Any) -> MAS:
    """The optimizer."""
    return MAS(params, lr=lr, **options)
