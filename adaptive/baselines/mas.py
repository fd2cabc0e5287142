"""Memory aware synapses for a stream: weights to which the network is sensitive are held near where they have been of late.

    F <- b F + (1 - b) |g|;   c <- b c + (1 - b) w;   both corrected for their start by 1 - b^t
    v <- momentum v + g + strength F (w - c);   w <- w - lr v

The source takes the gradient of the squared length of the network's *output*, which needs no labels, and adds it up over the
samples of a task. Here g is the gradient of the *loss* on what is trained on, as every optimizer has it, and running averages
stand in the place of tasks: no task boundaries, no further pass, no test data.

*Reference:* arXiv 1711.09601, equations 2 to 4 (importance as a mean of absolute gradients, and its penalty).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

from adaptive.baselines._anchored import anchored
from adaptive.baselines._rule import RuleOptimizer
from adaptive.knobs import Knob

DESCRIPTION = "SGD with online memory aware synapses"
REFERENCE = "arXiv 1711.09601"
BUFFERS = 3
KNOBS = {
    "lr": Knob(0.03, 1e-3, 1.0, log=True),
    "strength": Knob(0.1, 1e-3, 1e2, log=True),
    "memory": Knob(0.999, 0.9, 0.9999, most=0.999999),
    "momentum": Knob(0.0, 0.0, 0.95, most=1.0),
}
OPTIONS = KNOBS
ALIKE = True
LIVELY = {"momentum": 0.5}
rule = anchored(torch.abs)


class MAS(RuleOptimizer):
    """See the head of this file."""

    RULE, OPTIONS = staticmethod(rule), OPTIONS


def build(params: Iterable[torch.nn.Parameter], *, lr: float, **options: Any) -> MAS:
    """The optimizer."""
    return MAS(params, lr=lr, **options)
