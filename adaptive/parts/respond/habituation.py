"""Habituation: the same again and again is answered less and less; after a pause it is answered as before."""

from __future__ import annotations

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State, Value, clamp, size

EQUATION = "response = h clamp(x, -1, 1); h <- h + recovery (1 - h) - use h min(1, |x|)"
UNITS = "share of the full response, reached by one unit of what is sensed, when rested"
RANGE = (-1.0, 1.0)
REFERENCE = "depression of synapses in use: Tsodyks and Markram, doi 10.1073/pnas.94.2.719, eq. 1"
KNOBS = {
    "recovery": Knob(0.02, 0.002, 0.2, log=True, least=0.0, most=1.0),
    "use": Knob(0.2, 0.02, 0.8, log=True, least=0.0, most=1.0),
}
NEUTRAL: dict[str, float] = {}
TAKES = {"stress": "activation", "agreement": "tone"}
START = {"spent": 0.0}


def respond(value: Value, state: State, *, recovery: float, use: float) -> tuple[Value, State]:
    """The value brought into -1 to 1, less what is spent; held at 1 it settles at recovery / (recovery + use)."""
    left = 1.0 - state["spent"]
    changed = left + recovery * state["spent"] - use * left * clamp(size(value), 0.0, 1.0)
    return left * clamp(value, -1.0, 1.0), {"spent": clamp(1.0 - changed, 0.0, 1.0)}
