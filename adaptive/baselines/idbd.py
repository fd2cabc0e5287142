"""Incremental delta-bar-delta: every weight has a learning rate of its own, which rises while its gradients agree over time.

    b <- b - meta g h;   a = exp(b);   v <- momentum v + g;   w <- w - a v
    h <- h max(1 - a c, 0) - a (v + momentum z);   z <- momentum z + min(c, 1 / a) h, of the h of before

with b = log lr at the start and h a trace of recent steps. For the linear unit of the source g = -error x and c = x^2; for a
network c is taken as g^2, of the batch's mean gradient. Rates stay within 1e-4 to 1e4 times ``lr``, and one step moves b by 2 at
the most, as the source advises.

Momentum is not of the source, but h is found as there: h follows dw/db, which with momentum hangs on dv/db, z, besides. At a
momentum of 0 all is figure 2. c is bounded in z as the source bounds it in h.

*Reference:* Sutton, Adapting bias by gradient descent (AAAI 1992), figure 2.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import torch

from adaptive.baselines._rule import Draw, RuleOptimizer, Slot, Units, carried_on
from adaptive.knobs import Knob

DESCRIPTION = "a learning rate for every weight, adapted by incremental delta-bar-delta"
REFERENCE = "Sutton, AAAI 1992"
BUFFERS = 4
KNOBS = {
    "lr": Knob(0.03, 1e-3, 1.0, log=True),
    "meta": Knob(1e-2, 1e-4, 1.0, log=True),
    "momentum": Knob(0.0, 0.0, 0.95, most=1.0),
}
OPTIONS = KNOBS
ALIKE = True
LIVELY = {"momentum": 0.5}
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
        velocity, trace = carried_on(slot, g), state["trace"]
        step, kept = rate * velocity, (1.0 - rate * g * g).clamp_min(0.0)
        slot.p.sub_(step)
        if velocity is g:
            trace.mul_(kept).sub_(step)
            continue
        carried = state.setdefault("carried", torch.zeros_like(slot.p)).mul_(h["momentum"])
        fresh = torch.minimum(g.square(), 1.0 / rate) * trace
        trace.mul_(kept).sub_(step + rate * carried)
        carried.add_(fresh)


class IDBD(RuleOptimizer):
    """See the head of this file."""

    RULE, OPTIONS = staticmethod(rule), OPTIONS


def build(params: Iterable[torch.nn.Parameter], *, lr: float, **options: Any) -> IDBD:
    """The optimizer."""
    return IDBD(params, lr=lr, **options)
