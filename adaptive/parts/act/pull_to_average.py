"""A return to what has proved itself: the response pulls each weight to its own slow average."""

from __future__ import annotations

from torch import Tensor

from adaptive.knobs import Knob
from adaptive.parts.elementwise import Value

EQUATION = "g_t <- g_t + gain response (w_t - a_t); a_t = memory a_{t-1} + (1 - memory) w_t, a_0 = w_0"
UNITS = "strength of the pull, counted as weight decay is, at full response"
RANGE = (-1e18, 1e18)
REFERENCE = (
    "elastic pull to an average: Zhang et al., arXiv 1412.6651, eq. 3; "
    "average of weights: Polyak and Juditsky, doi 10.1137/0330046"
)
KNOBS = {
    "gain": Knob(0.1, 1e-3, 1.0, log=True, least=0.0, most=1000.0),
    "memory": Knob(0.99, 0.9, 0.999, least=0.0, most=1.0),
}
NEUTRAL = {"gain": 0.0}
TAKES, SCOPES, CHANGES = ("activation",), ("network", "tensor", "unit", "weight"), "pull"
READS = ("weight", "average")


def act(response: Value, weight: Tensor, average: Tensor, *, gain: float, memory: float) -> Tensor:
    """What the pull adds to the gradient: 0 at rest, ``gain`` times the way from the average at full response."""
    return (weight - average).mul_(gain * response)
