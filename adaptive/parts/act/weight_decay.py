"""Stronger regularization: the response adds weight decay."""

from __future__ import annotations

from adaptive.knobs import Knob
from adaptive.parts.elementwise import Value

EQUATION = "weight_decay_t = weight_decay + gain response"
UNITS = "weight decay, as the base optimizer counts it, at full response"
RANGE = (0.0, 1000.0)
REFERENCE = "weight decay: Loshchilov and Hutter, arXiv 1711.05101; a strength that varies in time, ours"
KNOBS = {"gain": Knob(0.01, 1e-4, 0.3, log=True, least=0.0, most=1000.0)}
NEUTRAL = {"gain": 0.0}
TAKES, SCOPES, CHANGES = ("activation",), ("network", "tensor", "unit", "weight"), "decay"


def act(response: Value, *, gain: float) -> Value:
    """The weight decay to add: 0 at rest, ``gain`` at full response."""
    return gain * response
