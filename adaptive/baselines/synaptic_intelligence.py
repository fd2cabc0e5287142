"""Synaptic intelligence for a stream: a weight's importance is how much of the fall of the loss its movement brought about.

    d = w - w before the last step;   o <- b o - (1 - b) g' d;   q <- b q + (1 - b) d^2;   c <- b c + (1 - b) w
    importance = max(o, 0) / (q + damping);   w <- w - lr (g + strength importance (w - c / (1 - b^t)))

where g' is the gradient that the last step was taken with, and c the running mean of the weights. The first step has no d:
weights do not start from 0.

*Reference:* arXiv 1703.04200, equations 3 to 5, with running averages in the place of tasks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch

from adaptive.baselines._rule import Draw, RuleOptimizer, Slot, Units
from adaptive.knobs import Knob

DESCRIPTION = "SGD with online synaptic intelligence"
REFERENCE = "arXiv 1703.04200"
BUFFERS = 5
KNOBS = {
    "lr": Knob(0.03, 1e-3, 1.0, log=True),
    "strength": Knob(1e-2, 1e-5, 1.0, log=True),
    "memory": Knob(0.999, 0.9, 0.9999, most=0.999999),
}
OPTIONS = KNOBS | {"damping": Knob(1e-3, 1e-6, 1.0, log=True, least=1e-12)}
ALIKE = True


def rule(slots: Sequence[Slot], units: Sequence[Units], draw: Draw, whole: dict[str, Any]) -> None:
    """Importance is read off the last step, then the next is taken."""
    for slot in slots:
        state, h = slot.state, slot.h
        memory = h["memory"]
        if "center" not in state:
            state |= {name: torch.zeros_like(slot.p) for name in ("won", "moved", "center")} | {"age": 0}
            state |= {"before": slot.p.clone(), "gradient": torch.zeros_like(slot.p)}
        state["age"] += 1
        change = slot.p - state["before"]
        state["won"].mul_(memory).sub_((1.0 - memory) * state["gradient"] * change)
        state["moved"].mul_(memory).add_((1.0 - memory) * change.square())
        state["center"].mul_(memory).add_((1.0 - memory) * slot.p)
        importance = state["won"].clamp_min(0.0) / (state["moved"] + h["damping"])
        pull = importance * (slot.p - state["center"] / (1.0 - memory ** state["age"]))
        state["before"].copy_(slot.p)
        state["gradient"].copy_(slot.g)
        slot.p.sub_(h["lr"] * (slot.g + h["strength"] * pull))


class SynapticIntelligence(RuleOptimizer):
    """See the head of this file."""

    RULE, OPTIONS = staticmethod(rule), OPTIONS


def build(params: Iterable[torch.nn.Parameter], *, lr: float, **options: Any) -> SynapticIntelligence:
    """The optimizer."""
    return SynapticIntelligence(params, lr=lr, **options)
