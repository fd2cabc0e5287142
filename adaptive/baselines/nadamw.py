"""NAdamW: AdamW with Nesterov momentum, the strongest plain optimizer of the AlgoPerf comparison.

*Reference:* Dozat, ICLR workshop 2016; arXiv 2306.07179.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch

from adaptive.knobs import Knob

DESCRIPTION = "NAdamW"
REFERENCE = "Dozat, ICLR workshop 2016; arXiv 2306.07179"
KNOBS = {
    "lr": Knob(default=3e-3, low=1e-4, high=1e-1, log=True),
    "beta1": Knob(default=0.9, low=0.0, high=0.95, most=1.0),
    "weight_decay": Knob(default=1e-2, low=1e-4, high=1.0, log=True),
}


def build(
    params: Iterable[torch.nn.Parameter], *, lr: float, beta1: float = 0.9, weight_decay: float = 1e-2
) -> torch.optim.NAdam:
    """torch's own NAdam with weight decay apart from the gradient."""
    return torch.optim.NAdam(params, lr=lr, betas=(beta1, 0.999), weight_decay=weight_decay, decoupled_weight_decay=True)
