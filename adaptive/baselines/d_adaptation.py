"""SGD that finds its own learning rate: a lower bound on the distance to the solution, read off the steps themselves.

    r = d lr / |g of the first step|;   a <- a + r <g, s>;   s <- s + r g
    d <- max(d, 2 a / |s|);   w <- momentum w + (1 - momentum) (w at the start - s)

with d = ``d0`` at first. Inner products and lengths are over the whole network; ``lr`` is a factor, usually 1, and may differ
between groups (the published code allows 0 besides). The bound 2 a / |s| is what convexity gives for steps of this size: where
the loss is not convex it is a guess, as in the source. d never sinks. Gradients of zero before the first other one are waited
for, and what is not a number changes neither a nor d.

*Reference:* arXiv 2301.07733, the SGD of its section on deep learning: the bound by inner products (option II), doubled, with
the first gradient's length in the place of a bound on all. Checked against the authors' published code, version 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from adaptive.baselines._rule import Draw, RuleOptimizer, Slot, Units, member, spread, total
from adaptive.knobs import Knob

DESCRIPTION = "SGD that adapts its learning rate to an estimate of the distance to the solution"
REFERENCE = "arXiv 2301.07733"
BUFFERS = 2
KNOBS = {"lr": Knob(1.0, 0.1, 10.0, log=True), "momentum": Knob(0.0, 0.0, 0.95, most=0.999999)}
OPTIONS = KNOBS | {"d0": Knob(1e-6, 1e-8, 1e-2, log=True, least=1e-30)}
ALIKE = True
LEAST = 1e-30


def rule(slots: Sequence[Slot], units: Sequence[Units], draw: Draw, whole: dict[str, Any]) -> None:
    """The estimate that a step is taken with is the one of before it; the step's own gradient raises the next."""
    if "distance" not in whole:
        one = torch.ones(len(slots[0].p), dtype=torch.float64)
        whole |= {"distance": one * member(slots[0].h["d0"]), "gained": 0.0 * one, "first": 0.0 * one}
    length = total(_squares(slot.g) for slot in slots).sqrt()
    fit = (whole["first"] == 0.0) & length.isfinite()
    whole["first"] = torch.where(fit, length, whole["first"])
    # Where there was no gradient yet there is no rate either.
    rate = torch.where(whole["first"] > 0.0, whole["distance"] / whole["first"].clamp_min(LEAST), 0.0)
    gained, squares = whole["gained"], torch.zeros_like(rate)
    for slot in slots:
        state, h = slot.state, slot.h
        if "sum" not in state:
            state |= {"sum": torch.zeros_like(slot.p), "start": slot.p.clone()}
        gained = gained + rate * member(h["lr"]) * (slot.g.double() * state["sum"].double()).flatten(1).sum(dim=1)
        state["sum"].add_(spread(rate, slot.p).to(slot.p.dtype) * h["lr"] * slot.g)
        squares = squares + _squares(state["sum"]).flatten(1).sum(dim=1)
        # A difference, so that a step of nothing moves nothing.
        slot.p.add_((1.0 - h["momentum"]) * (state["start"] - state["sum"] - slot.p))
    whole["gained"] = torch.where(gained.isfinite(), gained, whole["gained"])
    bound = 2.0 * gained / squares.sqrt().clamp_min(LEAST)
    whole["distance"] = torch.where(bound.isfinite(), torch.maximum(whole["distance"], bound), whole["distance"])


def _squares(x: Tensor) -> Tensor:
    return x.double().square()


class DAdaptation(RuleOptimizer):
    """See the head of this file."""

    RULE, OPTIONS = staticmethod(rule), OPTIONS


def build(params: Iterable[torch.nn.Parameter], *, lr: float, **options: Any) -> DAdaptation:
    """The optimizer; the estimate is kept apart from ``lr``, which schedulers own."""
    return DAdaptation(params, lr=lr, **options)
