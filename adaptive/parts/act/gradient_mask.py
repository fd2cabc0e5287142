"""Silencing at random: the response keeps a share of the weights from learning in this step."""

from __future__ import annotations

import torch
from torch import Tensor

from adaptive.knobs import Knob
from adaptive.parts.elementwise import Value

EQUATION = "g <- g where u >= gain response, else 0; u uniform from 0 to 1, weight by weight"
UNITS = "share of the weights that are silenced at full response"
RANGE = (-1e18, 1e18)
REFERENCE = "learning rate dropout: Lin et al., arXiv 1912.00144"
KNOBS = {"gain": Knob(0.5, 0.05, 0.95, least=0.0, most=1.0)}
NEUTRAL = {"gain": 0.0}
TAKES, SCOPES, CHANGES = ("activation",), ("network", "tensor", "unit", "weight"), "gradient"
READS = ("gradient", "chance")


def act(response: Value, gradient: Tensor, chance: Tensor, *, gain: float) -> Tensor:
    """The gradient of the weights that are not silenced, 0 elsewhere; what is not finite cannot be silenced."""
    return torch.where((chance >= gain * response) | ~gradient.isfinite(), gradient, 0.0)
