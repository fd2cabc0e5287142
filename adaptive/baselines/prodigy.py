"""Prodigy: Adam that estimates its learning rate from the distance travelled; ``lr`` is a factor, usually 1.

From the library ``prodigyopt`` (pip install 'exapt[optimizers]'). *Reference:* arXiv 2306.06101.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch

from adaptive.baselines._library import optimizer_of
from adaptive.knobs import Knob

DESCRIPTION = "Prodigy"
REFERENCE = "arXiv 2306.06101"
NEEDS_PACKAGE = "prodigyopt"
KNOBS = {
    "lr": Knob(default=1.0, low=0.1, high=10.0, log=True),
    "weight_decay": Knob(default=1e-4, low=1e-6, high=1e-1, log=True),
    "d_coef": Knob(default=1.0, low=0.3, high=3.0, log=True),
}


def build(
    params: Iterable[torch.nn.Parameter], *, lr: float, weight_decay: float = 1e-4, d_coef: float = 1.0
) -> torch.optim.Optimizer:
    """The library's own.

    Raises:
        MissingLibrary: ``prodigyopt`` is not installed.
    """
    return optimizer_of("prodigyopt", "Prodigy")(params, lr=lr, weight_decay=weight_decay, d_coef=d_coef)
