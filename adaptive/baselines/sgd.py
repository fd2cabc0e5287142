"""Stochastic gradient descent with momentum and weight decay: the plain optimizer, which is hard to beat when tuned."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from adaptive.knobs import Knob

DESCRIPTION = "SGD with momentum and weight decay"
KNOBS = {
    "lr": Knob(default=0.03, low=1e-3, high=1.0, log=True),
    "momentum": Knob(default=0.9, low=0.0, high=0.95, most=1.0),
    "weight_decay": Knob(default=1e-4, low=1e-6, high=1e-2, log=True),
}


def build(
    params: Iterable[torch.nn.Parameter], *, lr: float, momentum: float = 0.9, weight_decay: float = 1e-4
) -> torch.optim.SGD:
    """torch's own SGD."""
    return torch.optim.SGD(params, lr=lr, momentum=momentum, weight_decay=weight_decay)
