"""A rhythm: the same is answered by day and not by night."""

from __future__ import annotations

import math

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State, Value, clamp

EQUATION = "response = clamp(x, -1, 1) max(0, sin(2 pi t / period))^sharpness"
UNITS = "share of the full response, reached by one unit of what is sensed, at noon; period is in steps"
RANGE = (-1.0, 1.0)
REFERENCE = "learning rates that cycle: Smith, arXiv 1506.01186; the sine and its power ours"
KNOBS = {
    "period": Knob(50.0, 10.0, 1000.0, log=True, least=2.0, most=1e9),
    "sharpness": Knob(1.0, 0.5, 4.0, log=True, least=0.1, most=16.0),
}
NEUTRAL: dict[str, float] = {}
TAKES = {"stress": "activation", "agreement": "tone"}
START = {"time": 0.0}


def respond(value: Value, state: State, *, period: float, sharpness: float) -> tuple[Value, State]:
    """The value brought into -1 to 1, as far as the hour lets it through; the first step is dawn."""
    hour = state["time"] + 1.0
    gate = max(0.0, math.sin(2.0 * math.pi * hour / period)) ** sharpness
    return clamp(value, -1.0, 1.0) * gate, {"time": hour if hour < period else hour - period}
