"""Utility-based perturbed gradient descent: useful weights are protected, useless ones are moved and jostled freely.

    u <- b u - (1 - b) g w;   v = u / (1 - b^t);   s = sigmoid(v / max(largest v in the network, least))
    a <- momentum a + g;   w <- (1 - lr decay) w - lr (a + noise x) (1 - s),   x standard normal

Where no utility is above 0 the quotient would be 0 / 0, or protect the *least* useful; ``least`` > 0 keeps both from happening.
Momentum is not of the source: a stands where its g stands in the step, and utility is read off g itself.

*Reference:* arXiv 2404.00781, algorithm 1 and equations 2 (its first-order term) and 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch

from adaptive.baselines._rule import Draw, RuleOptimizer, Slot, Units, carried_on, spread
from adaptive.knobs import Knob

DESCRIPTION = "SGD that protects useful weights and perturbs the others"
REFERENCE = "arXiv 2404.00781"
BUFFERS = 2
KNOBS = {
    "lr": Knob(0.03, 1e-3, 1.0, log=True),
    "noise": Knob(1e-3, 1e-5, 1e-1, log=True),
    "memory": Knob(0.99, 0.9, 0.9999, least=0.0, most=0.999999),
    "weight_decay": Knob(1e-3, 1e-6, 1e-1, log=True),
    "momentum": Knob(0.0, 0.0, 0.95, most=1.0),
}
OPTIONS = KNOBS
ALIKE = False
MOVES_ALONE = True
LIVELY = {"momentum": 0.5}
LEAST = 1e-12


def rule(slots: Sequence[Slot], units: Sequence[Units], draw: Draw, whole: dict[str, Any]) -> None:
    """Utilities of all weights first, for they are compared; then the step."""
    utilities = []
    for slot in slots:
        state, memory = slot.state, slot.h["memory"]
        if "utility" not in state:
            state |= {"utility": torch.zeros_like(slot.p), "age": 0}
        state["age"] += 1
        state["utility"].mul_(memory).sub_((1.0 - memory) * slot.g * slot.p)
        utilities.append(state["utility"] / (1.0 - memory ** state["age"]))
    # What is not a number is not the largest; it stays the matter of its own weight.
    known = [torch.where(utility.isfinite(), utility, 0.0).flatten(1).amax(dim=1) for utility in utilities]
    largest = torch.stack(known).amax(dim=0).clamp_min(LEAST)
    for slot, utility in zip(slots, utilities, strict=True):
        h = slot.h
        free = 1.0 - torch.sigmoid(utility / spread(largest, utility))
        jostled = carried_on(slot, slot.g) + h["noise"] * draw.normal(slot.p)
        slot.p.mul_(1.0 - h["lr"] * h["weight_decay"]).sub_(h["lr"] * (jostled * free))


class UPGD(RuleOptimizer):
    """See the head of this file."""

    RULE, OPTIONS = staticmethod(rule), OPTIONS


def build(params: Iterable[torch.nn.Parameter], *, lr: float, **options: Any) -> UPGD:
    """The optimizer; its noise comes from a generator of its own."""
    return UPGD(params, lr=lr, **options)
