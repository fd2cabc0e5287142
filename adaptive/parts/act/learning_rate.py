"""Faster or slower learning: the response becomes a factor on the learning rate."""

from __future__ import annotations

from adaptive.knobs import Knob
from adaptive.parts.elementwise import Value, exp

EQUATION = "lr_t = lr e^(gain response)"
UNITS = "factor; gain is the logarithm of the factor at full response, below 0 to slow down"
RANGE = (0.006, 149.0)
REFERENCE = "learning rates as exponentials of a state: Sutton, AAAI (1992) 171; Amid et al., arXiv 2202.00145"
KNOBS = {"gain": Knob(0.7, -1.5, 1.5, least=-5.0, most=5.0)}
NEUTRAL = {"gain": 0.0}
TAKES, SCOPES, CHANGES = ("activation", "tone"), ("network", "tensor", "unit", "weight"), "rate"


def act(response: Value, *, gain: float) -> Value:
    """The factor on the learning rate: 1 at rest, e^gain at full response."""
    return exp(gain * response)
