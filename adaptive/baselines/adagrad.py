"""Adagrad: steps divided by the root of all squared gradients so far; at home where gradients are sparse.

*Reference:* Duchi, Hazan and Singer, JMLR 12 (2011).
"""

from __future__ import annotations

from collections.abc import Iterable

import torch

from adaptive.knobs import Knob

DESCRIPTION = "Adagrad"
REFERENCE = "Duchi, Hazan and Singer, JMLR 12 (2011)"
KNOBS = {
    "lr": Knob(default=1e-2, low=1e-4, high=1.0, log=True),
    "weight_decay": Knob(default=1e-6, low=1e-6, high=1e-2, log=True),
}


def build(params: Iterable[torch.nn.Parameter], *, lr: float, weight_decay: float = 1e-6) -> torch.optim.Adagrad:
    """torch's own."""
    return torch.optim.Adagrad(params, lr=lr, weight_decay=weight_decay)
