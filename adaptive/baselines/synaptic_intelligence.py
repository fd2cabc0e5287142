"""Synaptic intelligence for a stream: weights that brought the loss down, on a short way, are held near where they have been.

    d = w - w before the last step;   o <- b o - g' d;   c <- b c + (1 - b) w, corrected for its start
    F <- b F + (1 - b) max(o, 0) / ((w - c)^2 + damping), corrected too
    v <- momentum v + g + strength F (w - c);   w <- w - lr v

where g' is the gradient that the last step was taken with. In the source a task ends: o is the fall of the loss that the weight
brought about since the last end, and is divided by the square of the *net* way from where the weight was then. A stream has no
such ends, so c, the running mean of the weights, is the start of the way: once the life is longer than the memory, w - c is the
sum of the steps d, each forgotten as o forgets, and so the way on which o was won. A way that lost is of no importance; those
that won are averaged in F, which still holds a weight when it is driven on. The pull is the gradient of a term in the loss, so
momentum carries it on. The first step has no d: weights do not start from 0.

*Reference:* arXiv 1703.04200, equations 3 to 5, with running averages in the place of tasks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch

from adaptive.baselines._rule import Draw, RuleOptimizer, Slot, Units, carried_on
from adaptive.knobs import Knob

DESCRIPTION = "SGD with online synaptic intelligence"
REFERENCE = "arXiv 1703.04200"
BUFFERS = 6
KNOBS = {
    "lr": Knob(0.03, 1e-3, 1.0, log=True),
    "strength": Knob(1e-2, 1e-5, 1.0, log=True),
    "memory": Knob(0.999, 0.9, 0.9999, most=0.999999),
    "momentum": Knob(0.0, 0.0, 0.95, most=1.0),
}
OPTIONS = KNOBS | {"damping": Knob(1e-3, 1e-6, 1.0, log=True, least=1e-12)}
ALIKE = True
LIVELY = {"momentum": 0.5}


def rule(slots: Sequence[Slot], units: Sequence[Units], draw: Draw, whole: dict[str, Any]) -> None:
    """Importance is read off the last step, then the next is taken."""
    for slot in slots:
        state, h = slot.state, slot.h
        memory = h["memory"]
        if "center" not in state:
            state |= {name: torch.zeros_like(slot.p) for name in ("won", "importance", "center")} | {"age": 0}
            state |= {"before": slot.p.clone(), "gradient": torch.zeros_like(slot.p)}
        state["age"] += 1
        known = 1.0 - memory ** state["age"]
        # A sum, not a mean, as is the way that it is divided by.
        state["won"].mul_(memory).sub_(state["gradient"] * (slot.p - state["before"]))
        state["center"].mul_(memory).add_((1.0 - memory) * slot.p)
        way = slot.p - state["center"] / known
        gain = state["won"].clamp_min(0.0) / (way.square() + h["damping"])
        state["importance"].mul_(memory).add_((1.0 - memory) * gain)
        state["before"].copy_(slot.p)
        state["gradient"].copy_(slot.g)
        slot.p.sub_(h["lr"] * carried_on(slot, slot.g + h["strength"] * (state["importance"] / known * way)))


class SynapticIntelligence(RuleOptimizer):
    """See the head of this file."""

    RULE, OPTIONS = staticmethod(rule), OPTIONS


def build(params: Iterable[torch.nn.Parameter], *, lr: float, **options: Any) -> SynapticIntelligence:
    """The optimizer."""
    return SynapticIntelligence(params, lr=lr, **options)
