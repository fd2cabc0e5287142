"""Firmer or looser regularization: the response becomes a factor on the weight decay."""

from __future__ import annotations

from adaptive.knobs import Knob
from adaptive.parts.elementwise import Value, exp

EQUATION = "weight_decay_t = weight_decay e^(gain response)"
UNITS = "weight decay, as the base optimizer counts it; gain is the logarithm of the factor at full response"
RANGE = (-1e6, 1e6)
REFERENCE = "weight decay scheduled with the course of training: Xie et al., arXiv 2011.11152; driven by a response, ours"
KNOBS = {"gain": Knob(1.0, -3.0, 3.0, least=-5.0, most=5.0)}
NEUTRAL = {"gain": 0.0}
TAKES, SCOPES, CHANGES = ("activation", "tone"), ("network", "tensor", "unit", "weight"), "decay"
READS = ("decay",)


def act(response: Value, decay: float, *, gain: float) -> Value:
    """The weight decay to add to ``decay``: 0 at rest; below 0 it takes away, and never more than there is."""
    return decay * (exp(gain * response) - 1.0)
