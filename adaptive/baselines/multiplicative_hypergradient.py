"""A learning rate that grows or shrinks by a share of itself: hypergradient descent that does not care for the loss's scale.

    rate <- rate (1 + pace cos(g, d before));   d <- momentum d + g;   w <- w - rate d

*Reference:* arXiv 1703.04782, equation 8 (multiplicative rule with normalised gradients). The rate stays within 1e-4 to 1e4 times
the learning rate.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch

from adaptive.baselines import _hypergradient as hyper
from adaptive.baselines._rule import Draw, RuleOptimizer, Slot, Units, member, total
from adaptive.knobs import Knob

DESCRIPTION = "SGD with a multiplicative hypergradient on its learning rate"
REFERENCE = "arXiv 1703.04782"
BUFFERS = 1
KNOBS = {
    "lr": Knob(0.03, 1e-3, 1.0, log=True),
    "pace": Knob(0.02, 1e-3, 0.2, log=True, most=0.999999),
    "momentum": Knob(0.0, 0.0, 0.95, most=1.0),
}
OPTIONS = KNOBS
ALIKE = True
LEAST = 1e-30


def rule(slots: Sequence[Slot], units: Sequence[Units], draw: Draw, whole: dict[str, Any]) -> None:
    """First the rate, then the step with the new rate. A gradient of zero agrees with nothing."""
    before = hyper.factor(whole, slots)
    if hyper.same_place(slots, "direction"):
        lengths = total(slot.g.square() for slot in slots) * total(
            slot.state["direction"].square() for slot in slots if "direction" in slot.state
        )
        cosine = hyper.alike(slots, "direction") / lengths.clamp_min(LEAST).sqrt()
        hyper.moved(whole, before, before * (1.0 + member(slots[0].h["pace"]) * cosine.clamp(-1.0, 1.0)))
    for slot in slots:
        direction = slot.state.get("direction")
        direction = slot.g.clone() if direction is None else direction.mul_(slot.h["momentum"]).add_(slot.g)
        slot.state["direction"] = direction
        slot.p.sub_(hyper.rate(slot, whole) * direction)


class MultiplicativeHypergradient(RuleOptimizer):
    """See the head of this file."""

    RULE, OPTIONS = staticmethod(rule), OPTIONS


def build(params: Iterable[torch.nn.Parameter], *, lr: float, **options: Any) -> MultiplicativeHypergradient:
    """The optimizer; the factor on the rate is kept apart from ``lr``, which schedulers own."""
    return MultiplicativeHypergradient(params, lr=lr, **options)
