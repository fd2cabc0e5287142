"""Incremental delta-bar-delta: every weight has a learning rate of its own, which rises while its gradients agree over time.

    b <- b - meta g h;   a = exp(b);   w <- w - a g;   h <- h max(1 - a c, 0) - a g

with b = log lr at the start and h a trace of recent steps. For the linear unit of the source g = -error x and c = x^2; for a
network c is taken as g^2, the diagonal of the empirical Fisher information. Rates stay within 1e-4 to 1e4 times ``lr``, and one
step moves b by 2 at the most, as the source advises.

*Reference:* Sutton, Adapting bias by gradient descent (AAAI 1992), figure 2.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import torch

from adaptive.baselines._rule import Draw, RuleOptimizer, Slot, Units
from adaptive.knobs import Knob

DESCRIPTION = "a learning rate for every weight, adapted by incremental delta-bar-delta"
REFERENCE = "Sutton, AAAI 1992"
BUFFERS = 2
KNOBS = {"lr": Knob(0.03, 1e-3, 1.0, log=True), "meta": Knob(1e-2, 1e-4, 1.0, log=True)}
OPTIONS = KNOBS
ALIKE = True
SPAN, LARGEST = math.log(1e4), 2.0


def rule(slots: Sequence[Slot], units: Sequence[Units], draw: Draw, whole: dict[str, Any]) -> None:
    """The log of each rate is kept relative to ``lr``, which schedulers own."""
    for slot in slots:
        state, h, g = slot.state, slot.h, slot.g
        if "log" not in state:
            state |= {"log": torch.zeros_like(slot.p), "trace": torch.zeros_like(slot.p)}
        change = (-h["meta"] * g * state["trace"]).clamp(-LARGEST, LARGEST)
        state["log"].add_(change.nan_to_num(nan=0.0)).clamp_(-SPAN, SPAN)
        rate = h["lr"] * state["log"].exp()
        step = rate * g
        slot.p.sub_(step)
        state["trace"].mul_((1.0 - step * g).clamp_min(0.0)).sub_(step)


class IDBD(RuleOptimizer):
    """See the head of this file."""

    RULE, OPTIONS = staticmethod(rule), OPTIONS


def build(params: Iterable[torch.nn.Parameter], *, lr: float, **options: Any) -> IDBD:
    """The optimizer."""
    return IDBD(params, lr=lr, **options)
