"""RMSprop: steps divided by the running size of each weight's gradient.

*Reference:* Tieleman and Hinton, lecture 6.5, 2012.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch

from adaptive.knobs import Knob

DESCRIPTION = "RMSprop with momentum"
REFERENCE = "Tieleman and Hinton, lecture 6.5, 2012"
KNOBS = {
    "lr": Knob(default=1e-3, low=1e-5, high=1e-1, log=True),
    "alpha": Knob(default=0.99, low=0.9, high=0.999, most=1.0),
    "momentum": Knob(default=0.0, low=0.0, high=0.95, most=1.0),
}


def build(params: Iterable[torch.nn.Parameter], *, lr: float, alpha: float = 0.99, momentum: float = 0.0) -> torch.optim.RMSprop:
    """torch's own."""
    return torch.optim.RMSprop(params, lr=lr, alpha=alpha, momentum=momentum)
