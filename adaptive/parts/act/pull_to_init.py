"""A return towards the initial weights: the response pulls each weight back to where it began."""

from __future__ import annotations

from torch import Tensor

from adaptive.knobs import Knob
from adaptive.parts.elementwise import Value

EQUATION = "g_t <- g_t + gain response (w_t - w_0)"
UNITS = "strength of the pull, counted as weight decay is, at full response"
RANGE = (-1e18, 1e18)
REFERENCE = "L2 Init: Kumar et al., arXiv 2308.11958, with a strength that varies in time"
KNOBS = {"gain": Knob(0.01, 1e-4, 0.3, log=True, least=0.0, most=1000.0)}
NEUTRAL = {"gain": 0.0}
TAKES, SCOPES, CHANGES = ("activation",), ("network", "tensor", "unit", "weight"), "pull"
READS = ("weight", "anchor")


def act(response: Value, weight: Tensor, anchor: Tensor, *, gain: float) -> Tensor:
    """What the pull adds to the gradient: 0 at rest, ``gain`` times the way from the first weights at full response."""
    return (weight - anchor).mul_(gain * response)
