"""Exploration: the response adds noise to the gradient, as stressed cells mutate more."""

from __future__ import annotations

from torch import Tensor

from adaptive.knobs import Knob
from adaptive.parts.elementwise import Value, typical

EQUATION = "g <- g + gain response mean|g| xi, xi standard normal"
UNITS = "standard deviation of the noise, in mean sizes of the tensor's gradient, at full response"
RANGE = (-1e18, 1e18)
REFERENCE = "gradient noise: Neelakantan et al., arXiv 1511.06807, scaled by the gradient"
KNOBS = {"gain": Knob(0.5, 0.05, 2.0, log=True, least=0.0, most=1000.0)}
NEUTRAL = {"gain": 0.0}
TAKES, SCOPES, CHANGES = ("activation",), ("network", "tensor", "unit", "weight"), "gradient"
READS = ("gradient", "noise")


def act(response: Value, gradient: Tensor, noise: Tensor, *, gain: float) -> Tensor:
    """The gradient with noise; where it is not finite it stays as it is."""
    return noise.mul(typical(gradient)).mul_(gain * response).add_(gradient)
