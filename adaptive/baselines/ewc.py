"""Elastic weight consolidation for a stream: weights that mattered are held near where they have been of late.

    F <- b F + (1 - b) g^2;   c <- b c + (1 - b) w;   both corrected for their start by 1 - b^t
    v <- momentum v + g + strength F (w - c);   w <- w - lr v

F stands for the diagonal of the Fisher information, the mean over samples of the square of each one's gradient. An optimizer has
the gradient of the batch alone, so F is the square of the batch's *mean* gradient: smaller, the more its samples disagree. It is
of what was *trained* on; no task boundaries and no test data are used.

*Reference:* arXiv 1612.00796, equation 3; online form arXiv 1805.06370, with running averages in the place of tasks.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

from adaptive.baselines._anchored import anchored
from adaptive.baselines._rule import RuleOptimizer
from adaptive.knobs import Knob

DESCRIPTION = "SGD with online elastic weight consolidation"
REFERENCE = "arXiv 1612.00796"
BUFFERS = 3
KNOBS = {
    "lr": Knob(0.03, 1e-3, 1.0, log=True),
    "strength": Knob(1.0, 1e-3, 1e3, log=True),
    "memory": Knob(0.999, 0.9, 0.9999, most=0.999999),
    "momentum": Knob(0.0, 0.0, 0.95, most=1.0),
}
OPTIONS = KNOBS
ALIKE = True
LIVELY = {"momentum": 0.5}
rule = anchored(torch.square)


class EWC(RuleOptimizer):
    """See the head of this file."""

    RULE, OPTIONS = staticmethod(rule), OPTIONS


def build(params: Iterable[torch.nn.Parameter], *, lr: float, **options: Any) -> EWC:
    """The optimizer."""
    return EWC(params, lr=lr, **options)
