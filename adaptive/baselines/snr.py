"""Self-normalized resets: a hidden unit is replaced once its silence is too long to be chance, by its own habits.

    a = steps since the unit last fired;   m = running mean of the gaps between its firings
    chance = (1 - 1 / m)^a;   a unit with chance <= rejection is reborn

The gaps of a unit that fires at random are distributed geometrically, and ``chance`` is how often such a gap would be longer
than a. A unit fires in a step in which any sample of the batch excites it; the test waits for ``patience`` silent steps, for a
mean of few gaps is uncertain. A reborn unit has new incoming weights, outgoing weights of 0 and no past.

*Reference:* arXiv 2410.20098, algorithm 1, with the geometric distribution fitted to a running mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch

from adaptive.baselines._rule import Draw, Slot, UnitOptimizer, Units, descend
from adaptive.baselines._unit import reborn
from adaptive.knobs import Knob

DESCRIPTION = "SGD that resets units whose silence is no chance"
REFERENCE = "arXiv 2410.20098"
NEEDS = ("units",)
BUFFERS = 1
KNOBS = {
    "lr": Knob(0.03, 1e-3, 1.0, log=True),
    "rejection": Knob(0.01, 1e-5, 0.1, log=True, least=1e-30, most=1.0),
    "momentum": Knob(0.0, 0.0, 0.95, most=1.0),
}
OPTIONS = KNOBS | {
    "memory": Knob(0.95, 0.5, 0.999, most=0.999999),
    "patience": Knob(20.0, 5.0, 200.0, log=True, least=1.0),
}
ALIKE = True
LIVELY = {"rejection": 0.5, "patience": 1.0}
"""Options with which units are replaced often enough to be examined."""


def rule(slots: Sequence[Slot], units: Sequence[Units], draw: Draw, whole: dict[str, Any]) -> None:
    """A step of SGD, then the test of every unit."""
    for slot in slots:
        descend(slot, slot.g)
    for layer in units:
        state, h, fires = layer.state, layer.h, (layer.activity > 0).any(dim=1)
        if not state:
            state |= {"silent": torch.zeros_like(layer.activity[:, 0]), "gap": torch.ones_like(layer.activity[:, 0])}
        silent, gap = state["silent"].add_(1.0), state["gap"]
        # A gap is known when it ends; a silence under way is none yet.
        gap.copy_(torch.where(fires, h["memory"] * gap + (1.0 - h["memory"]) * silent, gap))
        silent.masked_fill_(fires, 0.0)
        chance = (1.0 - 1.0 / gap.clamp_min(1.0 + 1e-6)) ** silent
        dying = (chance <= h["rejection"]) & (silent >= h["patience"])
        if bool(dying.any()):
            reborn(layer, dying, None, draw)
            silent.masked_fill_(dying, 0.0)
            gap.masked_fill_(dying, 1.0)


class SNR(UnitOptimizer):
    """See the head of this file. Call ``attach(model)`` once."""

    RULE, OPTIONS = staticmethod(rule), OPTIONS


def build(params: Iterable[torch.nn.Parameter], *, lr: float, **options: Any) -> SNR:
    """The optimizer; it works on networks that are stacks of linear layers."""
    return SNR(params, lr=lr, **options)
