"""Continual backprop: now and then the least useful hidden unit is replaced by a new one, so that the network never ages.

For every hidden unit, at every step (averages over the batch; E are the corrected running means):

    age <- age + 1;   m <- b m + (1 - b) h;   E[h] = m / (1 - b^age)
    y = mean |h - E[h]| sum |w_out| / sum |w_in|;   u <- b u + (1 - b) y;   utility = u / (1 - b^age)
    due <- due + rate * (units older than maturity);   while due >= 1: replace the mature unit of least utility, due <- due - 1

A replaced unit gets new incoming weights, uniform with variance 2 / fan-in, outgoing weights of 0, and age, running means and
optimizer state of a newborn; what it gave on average, E[h] w_out, moves to the bias of the next layer, so that the network's
function changes as little as possible. That compensation uses the mean from *before* the replacement.

*Reference:* arXiv 2108.06325, algorithm 1 and equations 3 to 6; Dohare et al., Nature 632 (2024).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from adaptive.baselines._rule import Draw, Slot, UnitOptimizer, Units, descend
from adaptive.baselines._unit import reborn
from adaptive.knobs import Knob

DESCRIPTION = "SGD that replaces the least useful units"
REFERENCE = "arXiv 2108.06325"
NEEDS = ("units",)
BUFFERS = 1
KNOBS = {
    "lr": Knob(0.03, 1e-3, 1.0, log=True),
    "replacement_rate": Knob(1e-4, 1e-6, 1e-2, log=True, most=1.0),
    "momentum": Knob(0.0, 0.0, 0.95, most=1.0),
}
OPTIONS = KNOBS | {"maturity": Knob(100.0, 10.0, 10_000.0, log=True, least=0.0), "memory": Knob(0.99, 0.9, 0.999, most=1.0)}
ALIKE = True
LIVELY = {"replacement_rate": 1.37e-2, "maturity": 5.0}
"""Options with which units are replaced often enough to be examined."""
LEAST = 1e-12


def rule(slots: Sequence[Slot], units: Sequence[Units], draw: Draw, whole: dict[str, Any]) -> None:
    """A step of SGD, then the replacement of units."""
    for slot in slots:
        descend(slot, slot.g)
    for layer in units:
        _renew(layer, draw)


def _renew(layer: Units, draw: Draw) -> None:
    h, state = layer.activity, layer.state
    memory = layer.h["memory"]
    if not state:
        newborn = torch.zeros_like(h[:, 0])
        state |= {name: newborn.clone() for name in ("age", "mean", "utility")} | {"due": newborn[:, :1].clone()}
    age: Tensor = state["age"].add_(1.0)
    seen = 1.0 - memory**age
    state["mean"].lerp_(h.mean(dim=1), 1.0 - memory)
    mean = state["mean"] / seen
    used = (h - mean[:, None]).abs().mean(dim=1) * layer.outgoing.p.abs().sum(dim=1)
    used = used / layer.incoming.p.abs().sum(dim=2).clamp_min(LEAST)
    state["utility"].lerp_(used, 1.0 - memory)
    mature = age > layer.h["maturity"]
    state["due"].add_(mature.sum(dim=1, keepdim=True) * layer.h["replacement_rate"])
    if float(state["due"].max()) < 1.0:
        return
    while bool(((state["due"] >= 1.0) & mature.any(dim=1, keepdim=True)).any()):
        utility = torch.where(mature, state["utility"] / seen, torch.inf).nan_to_num(nan=torch.inf)
        worst = utility.argmin(dim=1)
        chosen = (state["due"] >= 1.0) & mature.any(dim=1, keepdim=True)
        dying = torch.zeros_like(mature).scatter_(1, worst[:, None], chosen)
        state["due"].sub_(chosen.to(h.dtype))
        reborn(layer, dying, mean, draw)
        for name in ("age", "mean", "utility"):
            state[name].masked_fill_(dying, 0.0)
        mature = mature & ~dying


class ContinualBackprop(UnitOptimizer):
    """See the head of this file. Call ``attach(model)`` once."""

    RULE, OPTIONS = staticmethod(rule), OPTIONS


def build(params: Iterable[torch.nn.Parameter], *, lr: float, **options: Any) -> ContinualBackprop:
    """The optimizer; it works on networks that are stacks of linear layers."""
    return ContinualBackprop(params, lr=lr, **options)
