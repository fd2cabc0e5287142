"""Rejuvenation: the response shrinks the weights and stirs them, so that they can learn anew."""

from __future__ import annotations

from torch import Tensor

from adaptive.knobs import Knob
from adaptive.parts.elementwise import Value, typical

EQUATION = "w <- (1 - gain response) w + spread gain response mean|w| xi, after the step, xi standard normal"
UNITS = "share of the weights that a full response takes away in a step; spread is noise for each unit taken"
RANGE = (-1e18, 1e18)
REFERENCE = "shrink and perturb: Ash and Adams, arXiv 1910.08475, section 4, in every step"
KNOBS = {
    "gain": Knob(1e-3, 1e-5, 0.1, log=True, least=0.0, most=1.0),
    "spread": Knob(0.5, 0.05, 2.0, log=True, least=0.0, most=1000.0),
}
NEUTRAL = {"gain": 0.0}
TAKES, SCOPES, CHANGES = ("activation",), ("network", "tensor", "unit", "weight"), "weight"
READS = ("weight", "noise")


def act(response: Value, weight: Tensor, noise: Tensor, *, gain: float, spread: float) -> Tensor:
    """The weights, shrunk and stirred; what is not finite stays so."""
    strength = gain * response
    return weight - (weight - noise * (spread * typical(weight))) * strength
