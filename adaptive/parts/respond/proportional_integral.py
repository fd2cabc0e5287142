"""A thermostat that knows its limits: it answers now, adds up what remains, and stops adding when it can do no more."""

from __future__ import annotations

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State, Value, clamp

EQUATION = "v = gain x + I; response = clamp(v, -1, 1); I <- I + rate (x + response - v)"
UNITS = "share of the full response; gain for one unit of what is sensed, rate a share for each step"
RANGE = (-1.0, 1.0)
REFERENCE = "integral with anti-windup by back-calculation: Astrom and Rundqwist, doi 10.23919/ACC.1989.4790464"
KNOBS = {
    "gain": Knob(0.5, 0.1, 2.0, log=True, least=0.0, most=100.0),
    "rate": Knob(0.02, 0.001, 0.2, log=True, least=0.0, most=1.0),
}
NEUTRAL = {"gain": 0.0, "rate": 0.0}
TAKES = {"agreement": "tone"}
START = {"sum": 0.0}


def respond(value: Value, state: State, *, gain: float, rate: float) -> tuple[Value, State]:
    """Proportional and integral answer, -1 to 1; at the limit the sum is driven back instead of growing."""
    wanted = gain * value + state["sum"]
    answer = clamp(wanted, -1.0, 1.0)
    return answer, {"sum": clamp(state["sum"] + rate * (value + answer - wanted), -1e6, 1e6)}
