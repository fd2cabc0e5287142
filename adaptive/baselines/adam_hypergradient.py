"""Adam whose learning rate follows its hypergradient.

    rate <- rate + pace g . d before;   d = corrected m / (sqrt(corrected v) + eps);   w <- w - rate d

*Reference:* arXiv 1703.04782, algorithm 6 (Adam-HD). The rate stays within 1e-4 to 1e4 times the learning rate.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch

from adaptive.baselines import _hypergradient as hyper
from adaptive.baselines._rule import Draw, RuleOptimizer, Slot, Units, adam_direction, member
from adaptive.knobs import Knob

DESCRIPTION = "Adam with hypergradient descent on its learning rate"
REFERENCE = "arXiv 1703.04782"
BUFFERS = 3
KNOBS = {
    "lr": Knob(3e-3, 1e-4, 1e-1, log=True),
    "pace": Knob(1e-6, 1e-8, 1e-3, log=True),
    "beta1": Knob(0.9, 0.0, 0.95, most=0.999999),
}
OPTIONS = KNOBS | {"beta2": Knob(0.999, 0.9, 0.9999, most=0.999999), "eps": Knob(1e-8, 1e-10, 1e-4, log=True)}
ALIKE = True


def rule(slots: Sequence[Slot], units: Sequence[Units], draw: Draw, whole: dict[str, Any]) -> None:
    """First the rate, then the step with the new rate."""
    before = hyper.factor(whole, slots)
    if hyper.same_place(slots, "direction"):
        usual = hyper.usual(slots)
        hyper.moved(whole, before, before + member(slots[0].h["pace"]) * hyper.alike(slots, "direction") / usual)
    for slot in slots:
        slot.state["direction"] = adam_direction(slot, slot.g)
        slot.p.sub_(hyper.rate(slot, whole) * slot.state["direction"])


class AdamHypergradient(RuleOptimizer):
    """See the head of this file."""

    RULE, OPTIONS = staticmethod(rule), OPTIONS


def build(params: Iterable[torch.nn.Parameter], *, lr: float, **options: Any) -> AdamHypergradient:
    """The optimizer; the factor on the rate is kept apart from ``lr``, which schedulers own."""
    return AdamHypergradient(params, lr=lr, **options)
