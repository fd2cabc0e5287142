"""A homeostat: what is sensed adds up, as long as it differs from the set point, and is given back only by its opposite."""

from __future__ import annotations

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State, Value, clamp

EQUATION = "I <- clamp(I + rate (x - set_point), -1, 1)"
UNITS = "share of the full response; rate is a share for each step and unit of what is sensed"
RANGE = (-1.0, 1.0)
REFERENCE = "integral feedback: Yi et al., doi 10.1073/pnas.97.9.4649, with saturation"
KNOBS = {
    "rate": Knob(0.02, 0.001, 0.2, log=True, least=0.0, most=1.0),
    "set_point": Knob(0.0, -0.5, 0.5, least=-10.0, most=10.0),
}
NEUTRAL = {"rate": 0.0}
TAKES = {"agreement": "tone"}
START = {"sum": 0.0}


def respond(value: Value, state: State, *, rate: float, set_point: float) -> tuple[Value, State]:
    """The sum so far, -1 to 1; a value at the set point leaves it where it is."""
    total = clamp(state["sum"] + rate * (value - set_point), -1.0, 1.0)
    return total, {"sum": total}
