"""Schedule-free AdamW: averaging of the iterates in the place of a learning-rate schedule.

From the library ``schedulefree`` (pip install 'exapt[optimizers]'). *Reference:* arXiv 2405.15682.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch

from adaptive.baselines._library import optimizer_of
from adaptive.knobs import Knob

DESCRIPTION = "AdamW, schedule-free"
REFERENCE = "arXiv 2405.15682"
NEEDS_PACKAGE = "schedulefree"
KNOBS = {
    "lr": Knob(default=3e-3, low=1e-4, high=1e-1, log=True),
    "beta1": Knob(default=0.9, low=0.5, high=0.98, most=1.0),
    "weight_decay": Knob(default=1e-4, low=1e-6, high=1e-1, log=True),
}


def build(
    params: Iterable[torch.nn.Parameter], *, lr: float, beta1: float = 0.9, weight_decay: float = 1e-4
) -> torch.optim.Optimizer:
    """The library's own; who judges the weights calls ``eval()`` first and ``train()`` afterwards.

    Raises:
        MissingLibrary: ``schedulefree`` is not installed.
    """
    return optimizer_of("schedulefree", "AdamWScheduleFree")(
        params, lr=lr, betas=(beta1, 0.999), weight_decay=weight_decay, foreach=False
    )
