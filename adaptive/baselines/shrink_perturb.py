"""Shrink and perturb, step by step: weights shrink a little and are jostled a little, which keeps a network young.

    v <- momentum v + g;   w <- (1 - lr shrink) w - lr (v + noise x),   x standard normal

Momentum carries on the gradient alone: shrinking and jostling are done to the weights, not learned.

*Reference:* arXiv 1910.08475, section 4, in the form for streams in which every step shrinks and perturbs (arXiv 2306.13812).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch

from adaptive.baselines._rule import Draw, RuleOptimizer, Slot, Units, carried_on
from adaptive.knobs import Knob

DESCRIPTION = "SGD that shrinks and perturbs the weights at every step"
REFERENCE = "arXiv 1910.08475"
BUFFERS = 1
KNOBS = {
    "lr": Knob(0.03, 1e-3, 1.0, log=True),
    "shrink": Knob(1e-3, 1e-5, 1e-1, log=True),
    "noise": Knob(1e-2, 1e-5, 1.0, log=True),
    "momentum": Knob(0.0, 0.0, 0.95, most=1.0),
}
OPTIONS = KNOBS
# Noise is drawn tensor by tensor.
ALIKE = False
MOVES_ALONE = True
LIVELY = {"momentum": 0.5}


def rule(slots: Sequence[Slot], units: Sequence[Units], draw: Draw, whole: dict[str, Any]) -> None:
    """Shrink, then step with noise in the step."""
    for slot in slots:
        h = slot.h
        jostled = carried_on(slot, slot.g) + h["noise"] * draw.normal(slot.p)
        slot.p.mul_(1.0 - h["lr"] * h["shrink"]).sub_(h["lr"] * jostled)


class ShrinkPerturb(RuleOptimizer):
    """See the head of this file."""

    RULE, OPTIONS = staticmethod(rule), OPTIONS


def build(params: Iterable[torch.nn.Parameter], *, lr: float, **options: Any) -> ShrinkPerturb:
    """The optimizer; its noise comes from a generator of its own."""
    return ShrinkPerturb(params, lr=lr, **options)
