"""In proportion, from a threshold up to a ceiling. No memory."""

from __future__ import annotations

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State, Value, clamp, sign, size

EQUATION = "response = sign(x) clamp((|x| - dead) / (full - dead), 0, 1)"
UNITS = "share of the full response; dead and full are in units of what is sensed"
RANGE = (-1.0, 1.0)
REFERENCE = "piecewise linear (hard sigmoid) units: Courbariaux et al., arXiv 1511.00363, with a dead zone"
KNOBS = {
    "dead": Knob(0.1, 0.0, 0.5, least=0.0, most=1e6),
    "full": Knob(1.0, 0.6, 5.0, log=True, least=1e-6, most=1e6),
}
NEUTRAL = {"dead": 1e6}
TAKES = {"stress": "activation", "agreement": "tone"}
START: dict[str, float] = {}


def respond(value: Value, state: State, *, dead: float, full: float) -> tuple[Value, State]:
    """0 up to ``dead``, 1 from ``full`` on; a ceiling below the dead zone makes it a step."""
    return sign(value) * clamp((size(value) - dead) / max(full - dead, 1e-9), 0.0, 1.0), state
