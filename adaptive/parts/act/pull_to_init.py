"""A return towards the initial weights: the response pulls each weight back to where it began."""

from __future__ import annotations

from adaptive.knobs import Knob
from adaptive.parts.elementwise import Value

EQUATION = "g_t <- g_t + gain response (w_t - w_0)"
UNITS = "strength of the pull, counted as weight decay is, at full response"
RANGE = (0.0, 1000.0)
REFERENCE = "L2 Init: Kumar et al., arXiv 2308.11958, with a strength that varies in time"
KNOBS = {"gain": Knob(0.01, 1e-4, 0.3, log=True, least=0.0, most=1000.0)}
NEUTRAL = {"gain": 0.0}
TAKES, SCOPES, CHANGES = ("activation",), ("network", "tensor", "weight"), "pull"


def act(response: Value, norm: float, *, gain: float) -> Value:
    """The strength of the pull: 0 at rest, ``gain`` at full response."""
    return gain * response
