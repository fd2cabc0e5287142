"""Pruning: the response takes the same small amount off every weight, and those that have no more are gone."""

from __future__ import annotations

from torch import Tensor

from adaptive.knobs import Knob
from adaptive.parts.elementwise import Value

EQUATION = "w <- sign(w) max(0, |w| - lr gain response), after the step"
UNITS = "weight of the L1 penalty at full response"
RANGE = (-1e18, 1e18)
REFERENCE = "iterative soft thresholding: Daubechies et al., arXiv math/0307152"
KNOBS = {"gain": Knob(0.001, 1e-5, 0.1, log=True, least=0.0, most=1000.0)}
NEUTRAL = {"gain": 0.0}
TAKES, SCOPES, CHANGES = ("activation",), ("network", "tensor", "unit", "weight"), "weight"
READS = ("weight", "rate")


def act(response: Value, weight: Tensor, rate: float, *, gain: float) -> Tensor:
    """The weights, nearer to 0 by ``rate gain response`` and never beyond it; what is not finite stays so."""
    threshold = rate * gain * response
    if isinstance(threshold, Tensor):
        return weight - weight.minimum(threshold).maximum(-threshold)
    return weight - weight.clamp(-threshold, threshold)
