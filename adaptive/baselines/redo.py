"""ReDo: hidden units that hardly ever fire are recycled at intervals.

    score = mean |h| / mean over the layer of mean |h|;   every ``every`` steps, units with score <= threshold are reborn

A reborn unit has new incoming weights, outgoing weights of 0 and no optimizer state.

*Reference:* arXiv 2302.12902, definition 3.1 and algorithm 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch

from adaptive.baselines._rule import Draw, Slot, UnitOptimizer, Units, descend
from adaptive.baselines._unit import reborn
from adaptive.knobs import Knob

DESCRIPTION = "SGD that recycles dormant units"
REFERENCE = "arXiv 2302.12902"
NEEDS = ("units",)
BUFFERS = 1
KNOBS = {
    "lr": Knob(0.03, 1e-3, 1.0, log=True),
    "threshold": Knob(0.025, 1e-3, 0.3, log=True),
    "every": Knob(100.0, 10.0, 1000.0, log=True, least=1.0),
    "momentum": Knob(0.0, 0.0, 0.95, most=1.0),
}
OPTIONS = KNOBS
ALIKE = True
LIVELY = {"threshold": 0.5, "every": 10.0}
"""Options with which units are replaced often enough to be examined."""
LEAST = 1e-12


def rule(slots: Sequence[Slot], units: Sequence[Units], draw: Draw, whole: dict[str, Any]) -> None:
    """A step of SGD, then at intervals the recycling."""
    for slot in slots:
        descend(slot, slot.g)
    for layer in units:
        due = whole["step"] % torch.as_tensor(layer.h["every"]).floor() == 0
        if not bool(due.any()):
            continue
        firing = layer.activity.abs().mean(dim=1)
        score = firing / firing.mean(dim=1, keepdim=True).clamp_min(LEAST)
        dormant = (score <= layer.h["threshold"]) & due
        if bool(dormant.any()):
            reborn(layer, dormant, None, draw)


class ReDo(UnitOptimizer):
    """See the head of this file. Call ``attach(model)`` once."""

    RULE, OPTIONS = staticmethod(rule), OPTIONS


def build(params: Iterable[torch.nn.Parameter], *, lr: float, **options: Any) -> ReDo:
    """The optimizer; it works on networks that are stacks of linear layers."""
    return ReDo(params, lr=lr, **options)
