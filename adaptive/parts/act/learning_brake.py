"""A brake on plasticity: the response closes the gate through which a weight may change."""

from __future__ import annotations

from adaptive.knobs import Knob
from adaptive.parts.elementwise import Value

EQUATION = "lr_t = lr (1 - gain response)"
UNITS = "factor; gain is the share of the learning rate that a full response takes away"
RANGE = (0.0, 1.0)
REFERENCE = "gating of updates by utility: Elsayed and Mahmood, arXiv 2404.00781, eq. 3, with the response as the gate"
KNOBS = {"gain": Knob(0.8, 0.1, 1.0, least=0.0, most=1.0)}
NEUTRAL = {"gain": 0.0}
TAKES, SCOPES, CHANGES = ("activation",), ("network", "tensor", "unit", "weight"), "rate"


def act(response: Value, *, gain: float) -> Value:
    """The factor on the learning rate: 1 at rest, ``1 - gain`` at full response."""
    return 1.0 - gain * response
