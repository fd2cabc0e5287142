"""Winners take it: the response raises the bar that a weight's gradient must pass to count."""

from __future__ import annotations

import torch
from torch import Tensor

from adaptive.knobs import Knob
from adaptive.parts.elementwise import Value, typical

EQUATION = "g <- g where |g| >= gain response mean|g|, else 0"
UNITS = "bar in mean sizes of the tensor's gradient, at full response"
RANGE = (-1e18, 1e18)
REFERENCE = "gradient dropping: Aji and Heafield, arXiv 1704.05021, with a bar in place of a rank and no residual"
KNOBS = {"gain": Knob(1.0, 0.1, 3.0, log=True, least=0.0, most=1e6)}
NEUTRAL = {"gain": 0.0}
TAKES, SCOPES, CHANGES = ("activation",), ("network", "tensor", "unit", "weight"), "gradient"
READS = ("gradient",)


def act(response: Value, gradient: Tensor, *, gain: float) -> Tensor:
    """The gradient of the weights that pass the bar, 0 elsewhere; what is not finite passes as it is."""
    return torch.where(gradient.abs() < typical(gradient) * (gain * response), 0.0, gradient)
