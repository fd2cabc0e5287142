"""Votes in place of sizes: the response lets each weight count alike, whatever the size of its gradient."""

from __future__ import annotations

from torch import Tensor

from adaptive.knobs import Knob
from adaptive.parts.elementwise import Value, sign, typical

EQUATION = "g <- g + gain response (mean|g| sign(g) - g)"
UNITS = "share of the gradient that is replaced at full response"
RANGE = (-1e18, 1e18)
REFERENCE = "signSGD: Bernstein et al., arXiv 1802.04434, at the gradient's own mean size, blended in by the response"
KNOBS = {"gain": Knob(0.5, 0.1, 1.0, least=0.0, most=1.0)}
NEUTRAL = {"gain": 0.0}
TAKES, SCOPES, CHANGES = ("activation",), ("network", "tensor", "unit", "weight"), "gradient"
READS = ("gradient",)


def act(response: Value, gradient: Tensor, *, gain: float) -> Tensor:
    """The gradient, levelled as far as the response goes; where it is not finite it stays not finite."""
    return (sign(gradient) * typical(gradient) - gradient).mul_(gain * response).add_(gradient)
