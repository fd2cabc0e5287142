"""SGD with momentum and a learning rate that rises once and falls once.

*Reference:* arXiv 1708.07120; torch's own SGD. The arm is told how long its life is, as every arm of a race may know.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch

from adaptive.baselines._schedule import Scheduled, one_cycle
from adaptive.knobs import Knob

DESCRIPTION = "SGD with momentum, 1-cycle schedule"
REFERENCE = "arXiv 1708.07120"
KNOBS = {
    "lr": Knob(default=0.1, low=3e-3, high=3.0, log=True),
    "momentum": Knob(default=0.9, low=0.5, high=0.95, most=1.0),
    "weight_decay": Knob(default=1e-4, low=1e-6, high=1e-2, log=True),
}


class OneCycleSGD(Scheduled, torch.optim.SGD):
    """See the head of this file. Call ``plan(steps)`` once."""

    SHAPE = staticmethod(one_cycle)


def build(params: Iterable[torch.nn.Parameter], *, lr: float, momentum: float = 0.9, weight_decay: float = 1e-4) -> OneCycleSGD:
    """The optimizer; call its ``plan(steps)`` once."""
    return OneCycleSGD(params, lr=lr, momentum=momentum, weight_decay=weight_decay)
