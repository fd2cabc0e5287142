"""Hypergradient descent: SGD whose learning rate rises while successive gradients agree and falls while they do not.

    rate <- rate + pace g . g before;   w <- w - rate g

*Reference:* arXiv 1703.04782, algorithm 4 (SGD-HD). The rate stays within 1e-4 to 1e4 times the learning rate.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch

from adaptive.baselines import _hypergradient as hyper
from adaptive.baselines._rule import Draw, RuleOptimizer, Slot, Units, member
from adaptive.knobs import Knob

DESCRIPTION = "SGD with hypergradient descent on its learning rate"
REFERENCE = "arXiv 1703.04782"
BUFFERS = 1
KNOBS = {"lr": Knob(0.03, 1e-3, 1.0, log=True), "pace": Knob(1e-4, 1e-6, 1e-1, log=True)}
OPTIONS = KNOBS
ALIKE = True


def rule(slots: Sequence[Slot], units: Sequence[Units], draw: Draw, whole: dict[str, Any]) -> None:
    """First the rate, then the step with the new rate."""
    before = hyper.factor(whole, slots)
    if hyper.same_place(slots, "last"):
        usual = hyper.usual(slots)
        hyper.moved(whole, before, before + member(slots[0].h["pace"]) * hyper.alike(slots, "last") / usual)
    for slot in slots:
        slot.p.sub_(hyper.rate(slot, whole) * slot.g)
        slot.state["last"] = slot.g.clone()


class SGDHypergradient(RuleOptimizer):
    """See the head of this file."""

    RULE, OPTIONS = staticmethod(rule), OPTIONS


def build(params: Iterable[torch.nn.Parameter], *, lr: float, **options: Any) -> SGDHypergradient:
    """The optimizer; the factor on the rate is kept apart from ``lr``, which schedulers own."""
    return SGDHypergradient(params, lr=lr, **options)
